#include "store/maildir_name.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/crypto.h"

namespace postern {
namespace {

constexpr std::size_t longest_uid = 70;
constexpr std::string_view derived_prefix = "sha-";
constexpr std::size_t derived_size = derived_prefix.size() + 64;

// Decimal digits at the front of `text`.
std::string_view leading_digits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_ascii_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::optional<std::uint64_t> size_after(std::string_view base_name, std::string_view marker) {
  const auto at = base_name.rfind(marker);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = base_name.substr(at + marker.size());
  return parse_decimal(value.substr(0, value.find(',')));
}

// A base name that looks like a derived UID counts as unfit, so that none can be forged.
bool fit_as_uid(std::string_view name) {
  if (name.empty() || name.size() > longest_uid) return false;
  if (name.size() == derived_size && name.starts_with(derived_prefix)) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

std::string_view maildir_base_name(std::string_view file_name) {
  return file_name.substr(0, file_name.find(':'));
}

MaildirSizes maildir_sizes(std::string_view base_name) {
  return {size_after(base_name, ",S="), size_after(base_name, ",W=")};
}

MaildirTime maildir_time(std::string_view base_name) {
  MaildirTime time;
  const std::string_view digits = leading_digits(base_name);
  time.seconds = parse_decimal(digits).value_or(0);
  std::string_view unique = base_name.substr(digits.size());
  if (!unique.starts_with('.')) return time;
  unique = unique.substr(1, unique.find('.', 1) - 1);
  // The letters before M name hexadecimal numbers, in which M cannot occur.
  const auto marker = unique.find('M');
  if (marker == std::string_view::npos) return time;
  time.microseconds = parse_decimal(leading_digits(unique.substr(marker + 1))).value_or(0);
  return time;
}

std::string maildir_uid(std::string_view base_name) {
  if (fit_as_uid(base_name)) return std::string(base_name);
  return std::string(derived_prefix) + to_hex(sha256(base_name));
}

}  // namespace postern
