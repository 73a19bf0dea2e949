// The languages of Pop3Engine's replies (LANG, RFC 6856 section 3).
//
// Only what people may get to read is translated: clients go by status and response code. All texts
// are ASCII, so that they may be sent before a client has said UTF8.
//
// Thread rule: immutable.
#pragma once

#include <span>
#include <string_view>

namespace postern {

struct Pop3Phrase {
  std::string_view english;
  std::string_view translated;
};

struct Pop3Language {
  std::string_view tag;      // RFC 5646
  std::string_view name;     // in the language itself
  std::string_view changed;  // what is said when it is chosen
  std::span<const Pop3Phrase> phrases;

  // The English text itself where there is no other.
  std::string_view phrase(std::string_view english) const;
};

std::span<const Pop3Language> pop3_languages();

// "i-default" (RFC 2277 section 4.5), which is English.
const Pop3Language& default_pop3_language();

// The language for a range ("de-AT", "*"), found by lookup (RFC 4647 section 3.4); null for none.
const Pop3Language* find_pop3_language(std::string_view range);

}  // namespace postern
