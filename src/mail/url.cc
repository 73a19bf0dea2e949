#include "mail/url.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "base/ascii.h"
#include "mail/transfer.h"

namespace postern {
namespace {

// RFC 1035 section 2.3.4 allows 255; what is longer is no host.
constexpr std::size_t longest_host = 255;

bool is_scheme_char(char c) { return is_ascii_alnum(c) || c == '+' || c == '-' || c == '.'; }

// Browsers drop tabs and line ends from anywhere in an address. `buffer` holds the result where
// there are some.
std::string_view without_controls(std::string_view url, std::string& buffer) {
  const auto dropped = [](char c) { return c == '\t' || c == '\n' || c == '\r'; };
  url = trimmed(url);
  if (std::none_of(url.begin(), url.end(), dropped)) return url;
  std::copy_if(url.begin(), url.end(), std::back_inserter(buffer),
               [dropped](char c) { return !dropped(c); });
  return buffer;
}

// Octets of "scheme:" at the front, 0 when there is none.
std::size_t scheme_size(std::string_view url) {
  std::size_t size = 0;
  while (size < url.size() && is_scheme_char(url[size])) ++size;
  const bool found = size > 0 && size < url.size() && url[size] == ':' && is_ascii_alpha(url[0]);
  return found ? size + 1 : 0;
}

bool is_slash(char c) { return c == '/' || c == '\\'; }

std::string_view without_slashes(std::string_view url) {
  while (!url.empty() && is_slash(url.front())) url.remove_prefix(1);
  return url;
}

// Fullwidth forms (U+FF01 to U+FF5E) and ideographic full stops mean their ASCII likeness (UTS 46);
// soft hyphens and zero-width characters mean nothing. Percents are decoded before.
void append_mapped(std::string_view& rest, std::string& host) {
  const auto octet = [rest](std::size_t i) {
    return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u;
  };
  if (octet(0) == 0xEF && (octet(1) == 0xBC || octet(1) == 0xBD) && octet(2) >= 0x80) {
    const unsigned code = 0xF000u | ((octet(1) & 0x3F) << 6) | (octet(2) & 0x3F);
    if (code >= 0xFF01 && code <= 0xFF5E) {
      host.push_back(ascii_lower(static_cast<char>(code - 0xFF01 + 0x21)));
      rest.remove_prefix(3);
      return;
    }
  }
  const bool full_stop = (octet(0) == 0xE3 && octet(1) == 0x80 && octet(2) == 0x82) ||
                         (octet(0) == 0xEF && octet(1) == 0xBD && octet(2) == 0xA1);
  if (full_stop) {
    host.push_back('.');
    rest.remove_prefix(3);
    return;
  }
  const bool zero_width =
      octet(0) == 0xE2 && octet(1) == 0x80 && octet(2) >= 0x8B && octet(2) <= 0x8D;
  if (zero_width) {
    rest.remove_prefix(3);
    return;
  }
  if (octet(0) == 0xC2 && octet(1) == 0xAD) {
    rest.remove_prefix(2);
    return;
  }
  host.push_back(ascii_lower(rest.front()));
  rest.remove_prefix(1);
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    decoded.push_back(low >= 0 ? static_cast<char>(high * 16 + low) : text[i]);
    if (low >= 0) i += 2;
  }
  return decoded;
}

// What is left of "user@host:port".
std::string_view without_user_and_port(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    return authority.substr(0, end == std::string_view::npos ? end : end + 1);
  }
  return authority.substr(0, authority.find(':'));
}

std::string normalised_host(std::string_view text) {
  const auto is_plain = [](char c) { return is_ascii_alpha(c) || c == '.' || c == '-'; };
  const bool plain = std::all_of(text.begin(), text.end(), is_plain);
  if (plain && text.size() <= longest_host && !text.ends_with('.')) return ascii_lowered(text);
  const std::string decoded = percent_decoded(text);
  std::string host;
  host.reserve(decoded.size());
  std::string_view rest = decoded;
  while (!rest.empty()) append_mapped(rest, host);
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; };
  host.erase(std::remove_if(host.begin(), host.end(), is_bad), host.end());
  while (!host.empty() && host.back() == '.') host.pop_back();
  if (host.size() > longest_host) return {};
  const auto address = ipv4_host(host);
  return address ? *address : host;
}

// "0x7f", "0177", "127"; an empty number after "0x" is 0 for browsers.
std::optional<std::uint64_t> ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned base = 10;
  if (text.size() >= 2 && text[0] == '0' && ascii_lower(text[1]) == 'x') {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() >= 2 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return std::nullopt;
    value = std::min<std::uint64_t>(value * base + static_cast<unsigned>(digit), UINT64_C(1) << 32);
  }
  return value;
}

// Suffixes of two labels under which the public registers, by top-level domain. The common ones
// of mail; see the header.
constexpr std::string_view second_levels[] = {"ac",  "co",   "com",  "edu", "gob", "gov", "gouv",
                                              "gub", "ind",  "info", "mil", "ne",  "net", "nom",
                                              "or",  "org",  "go",   "gr",  "ltd", "me",  "plc",
                                              "sch", "firm", "web",  "biz", "ad",  "ed",  "lg"};

bool is_second_level(std::string_view label, std::string_view top) {
  // Generic domains have no such suffixes, except these that sell them.
  if (top.size() != 2) return false;
  // "co.de" or "me.fr" are somebody's; these countries sell directly under themselves.
  constexpr std::string_view flat[] = {"de", "fr", "nl", "ch", "be", "dk", "se", "no", "fi", "cz",
                                       "eu", "io", "me", "tv", "cc", "ru", "us", "ca", "it", "at",
                                       "es", "pt", "ie", "sk", "bg", "lt", "lv", "ee", "is", "lu"};
  if (std::find(std::begin(flat), std::end(flat), top) != std::end(flat)) {
    // Austria, Spain, Portugal and Russia have a few all the same.
    return (top == "at" && (label == "co" || label == "or" || label == "ac")) ||
           ((top == "es" || top == "pt" || top == "ru") && (label == "com" || label == "org"));
  }
  return std::find(std::begin(second_levels), std::end(second_levels), label) !=
         std::end(second_levels);
}

}  // namespace

std::string url_scheme(std::string_view url) {
  std::string buffer;
  const std::string_view clean = without_controls(url, buffer);
  const std::size_t size = scheme_size(clean);
  return size == 0 ? std::string() : ascii_lowered(clean.substr(0, size - 1));
}

std::string url_host(std::string_view url) {
  std::string buffer;
  std::string_view rest = without_controls(url, buffer);
  const std::size_t scheme = scheme_size(rest);
  const std::string_view name = rest.substr(0, scheme == 0 ? 0 : scheme - 1);
  rest.remove_prefix(scheme);
  if (equals_ignoring_case(name, "mailto")) {
    const std::string_view address = rest.substr(0, rest.find_first_of("?&,; "));
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string() : normalised_host(address.substr(at + 1));
  }
  const bool special = equals_ignoring_case(name, "http") || equals_ignoring_case(name, "https") ||
                       equals_ignoring_case(name, "ftp");
  const bool has_slashes = rest.size() >= 2 && is_slash(rest[0]) && is_slash(rest[1]);
  // "http:host" goes to host, but "cid:x" and "path/x" have none.
  if (!special && !has_slashes) return {};
  rest = without_slashes(rest);
  return normalised_host(without_user_and_port(rest.substr(0, rest.find_first_of("/\\?#"))));
}

std::optional<std::string> ipv4_host(std::string_view host) {
  if (host.empty() || !is_ascii_digit(host.front())) return std::nullopt;
  std::array<std::uint64_t, 4> numbers{};
  std::size_t count = 0;
  while (true) {
    const std::size_t dot = host.find('.');
    const auto number = ipv4_number(host.substr(0, dot));
    if (!number || count == numbers.size()) return std::nullopt;
    numbers[count++] = *number;
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  // The last number fills all octets that are left.
  std::uint64_t address = numbers[count - 1];
  if (address >= UINT64_C(1) << (8 * (5 - count))) return std::nullopt;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (numbers[i] > 255) return std::nullopt;
    address |= numbers[i] << (8 * (3 - i));
  }
  std::string dotted;
  for (int shift = 24; shift >= 0; shift -= 8) {
    dotted += std::to_string((address >> shift) & 0xFF);
    if (shift > 0) dotted.push_back('.');
  }
  return dotted;
}

std::string_view registrable_domain(std::string_view host) {
  if (ipv4_host(host)) return host;
  const std::size_t top_dot = host.rfind('.');
  if (top_dot == std::string_view::npos || top_dot == 0) return host;
  const std::size_t second_dot = host.rfind('.', top_dot - 1);
  if (second_dot == std::string_view::npos) return host;
  const std::string_view top = host.substr(top_dot + 1);
  const std::string_view second = host.substr(second_dot + 1, top_dot - second_dot - 1);
  if (!is_second_level(second, top) || second_dot == 0) return host.substr(second_dot + 1);
  const std::size_t third_dot = host.rfind('.', second_dot - 1);
  return third_dot == std::string_view::npos ? host : host.substr(third_dot + 1);
}

}  // namespace postern
