// MailClass: what a lesson teaches. (A verdict's Label has more values: see filter/verdict.h.)
#pragma once

#include <cstdint>
#include <string_view>

namespace postern {

enum class MailClass : std::uint8_t { ham = 0, spam = 1 };

constexpr MailClass opposite(MailClass mail_class) {
  return mail_class == MailClass::ham ? MailClass::spam : MailClass::ham;
}
constexpr std::string_view to_string(MailClass mail_class) {
  return mail_class == MailClass::ham ? "ham" : "spam";
}

}  // namespace postern
