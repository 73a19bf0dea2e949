// ASCII text helpers: the comparisons that mail header fields and protocol keywords need,
// independent of the locale. All take any bytes; only A-Z and a-z are letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_ascii_alnum(char c) { return is_ascii_digit(c) || is_ascii_alpha(c); }
// Space, tab, CR, LF, vertical tab, form feed.
constexpr bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
// First place of `needle` at or after `from`, or npos.
std::size_t find_ignoring_case(std::string_view text, std::string_view needle,
                               std::size_t from = 0);
std::string ascii_lowered(std::string_view text);
// The text without white space at either end; a view into `text`.
std::string_view trimmed(std::string_view text);
// The pieces between separators, empty ones included; views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

// Whether the glob stands for the whole text: "*" is any octets, "?" is one. Case counts. Costs at
// most the product of the lengths.
bool glob_matches(std::string_view glob, std::string_view text);

// A number written in decimal digits alone, at least one and no sign; nullopt also on overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view digits);

// Lower-case hexadecimal, two digits an octet; 16 digits for the integer.
std::string to_hex(std::string_view bytes);
std::string to_hex(std::uint64_t value);
std::optional<std::uint64_t> parse_hex(std::string_view digits);

}  // namespace postern
