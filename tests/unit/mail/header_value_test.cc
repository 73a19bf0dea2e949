// Encoded words, parameters, addresses and dates.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mail/address.h"
#include "mail/date.h"
#include "mail/encoded_word.h"
#include "mail/parameters.h"

namespace postern {
namespace {

TEST(EncodedWord, DecodesWhatMailHas) {
  struct {
    const char* text;
    const char* decoded;
    const char* defects;
  } constexpr rows[] = {
      {"plain", "plain", ""},
      {"=?us-ascii?Q?a_b?=", "a b", ""},
      {"=?UTF-8?b?w6k=?=", "\xC3\xA9", ""},
      {"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab", ""},
      {"=?utf-8?Q?a?= \t =?iso-8859-1?Q?=E9?=", "a\xC3\xA9", ""},
      {"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c", ""},
      {"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "\xC3\xA9", ""},  // a character cut apart
      {"=?utf-8?B?w6k?=", "\xC3\xA9", ""},
      {"=?utf-8*en?Q?x?=", "x", ""},
      {"=?utf-8?Q?=3D=3F?=", "=?", ""},
      {"x=?utf-8?Q?y?=z", "xyz", ""},
      {"\"=?utf-8?Q?y?=\"", "\"y\"", ""},
      {"=?utf-8?Q?has space?=", "has space", ""},
      {"=?utf-8?Q?a=0D=0Ab?=", "a  b", ""},
      {"=?utf-8?Q?"
       "?=",
       "", ""},
      {"=?utf-8?X?y?=", "=?utf-8?X?y?=", "bad_encoded_word"},
      {"=?utf-8?Q?y", "=?utf-8?Q?y", "bad_encoded_word"},
      {"=?utf-8?B?!!!?=", "", "bad_encoded_word"},
      {"a =? b", "a =? b", ""},
      {"caf\xE9", "caf\xC3\xA9", ""},
      {"caf\xE9 =?utf-8?Q?x?=", "caf\xC3\xA9 x", ""},
  };
  for (const auto& row : rows) {
    Arena arena;
    Defects defects;
    EXPECT_EQ(decode_encoded_words(row.text, arena, defects), row.decoded) << row.text;
    EXPECT_EQ(to_string(defects), row.defects) << row.text;
  }
}

TEST(Parameters, ReadsWhatMailHas) {
  struct {
    const char* value;
    const char* head;
    const char* name;
    const char* expected;  // nullptr: no such parameter
  } constexpr rows[] = {
      {"Text/HTML; Charset=UTF-8", "text/html", "charset", "UTF-8"},
      {"text/plain;charset=\"x;y\"", "text/plain", "charset", "x;y"},
      {"text/plain (c) ; (d) charset (e) = x (f)", "text/plain", "charset", "x"},
      {"text/plain charset=x format=flowed", "text/plain", "format", "flowed"},
      {"a/b; name=\"q\\\"uo\\\\te\"", "a/b", "name", "q\"uo\\te"},
      {"a/b; name=two words.pdf; x=y", "a/b", "name", "two words.pdf"},
      {"a/b; name=\"open", "a/b", "name", "open"},
      {"a/b; name*=utf-8'en'%C3%A9%20x", "a/b", "name", "\xC3\xA9 x"},
      {"a/b; name*=iso-8859-1''%E9", "a/b", "name", "\xC3\xA9"},
      {"a/b; name*1=\"lo\"; name*0=hel", "a/b", "name", "hello"},
      {"a/b; name*0*=utf-8''%C3; name*1*=%A9; name*2=.txt", "a/b", "name", "\xC3\xA9.txt"},
      {"a/b; name*10=c; name*2=b; name*1=a", "a/b", "name", "abc"},
      {"a/b; name=plain; name*=utf-8''better", "a/b", "name", "better"},
      {"a/b; name=\"=?utf-8?Q?=C3=A9?=\"", "a/b", "name", "\xC3\xA9"},
      {"a/b; name*=%zz", "a/b", "name", "%zz"},
      {"a/b; boundary", "a/b", "boundary", nullptr},
      {"a/b; ;; =x; y=z", "a/b", "y", "z"},
      {"", "", "x", nullptr},
      {"a/b; x=(unclosed (comment", "a/b", "x", ""},
  };
  for (const auto& row : rows) {
    Arena arena;
    Defects defects;
    const ParameterList list = parse_parameters(row.value, arena, defects);
    EXPECT_EQ(list.head, row.head) << row.value;
    const Parameter* const found = list.find(row.name);
    ASSERT_EQ(found != nullptr, row.expected != nullptr) << row.value;
    if (found != nullptr) {
      EXPECT_EQ(found->value, row.expected) << row.value;
    }
  }
}

// "name <mailbox> domain" of each address.
std::vector<std::string> addresses_of(std::string_view value) {
  Arena arena;
  Defects defects;
  std::vector<Address> addresses;
  append_addresses(value, arena, addresses, defects);
  std::vector<std::string> texts;
  for (const Address& a : addresses) {
    texts.push_back(std::string(a.name) + "|" + std::string(a.mailbox) + "|" +
                    std::string(a.domain));
  }
  return texts;
}

TEST(Addresses, ReadsWhatMailHas) {
  using List = std::vector<std::string>;
  const struct {
    const char* value;
    List expected;
  } rows[] = {
      {"", {}},
      {"a@b.Example", {"|a@b.Example|b.example"}},
      {"<a@b.example>", {"|a@b.example|b.example"}},
      {"A B <a@b.example>", {"A B|a@b.example|b.example"}},
      {"\"B, A\" <a@b.example>", {"B, A|a@b.example|b.example"}},
      {"\"say \\\"hi\\\"\" <a@b.example>", {"say \"hi\"|a@b.example|b.example"}},
      {"a@b.example (A (nested) B)", {"A (nested) B|a@b.example|b.example"}},
      {"a@b.example, <c@d.example>", {"|a@b.example|b.example", "|c@d.example|d.example"}},
      {"Team: a@b.example, c@d.example;", {"|a@b.example|b.example", "|c@d.example|d.example"}},
      {"undisclosed-recipients:;", {}},
      {"=?utf-8?Q?J=C3=BCrgen=2C?= <j@x.example>", {"J\xC3\xBCrgen,|j@x.example|x.example"}},
      {"\"=?utf-8?Q?a?=\" <j@x.example>", {"a|j@x.example|x.example"}},
      {"bank@real.example <x@evil.example>", {"bank@real.example|x@evil.example|evil.example"}},
      {"<@relay.example,@r2.example:a@b.example>", {"|a@b.example|b.example"}},
      {"\"a b\"@c.example", {"|\"a b\"@c.example|c.example"}},
      {"\"open <a@b.example>", {"open|a@b.example|b.example"}},
      {"A <a@b.example", {"A|a@b.example|b.example"}},
      {"only words", {"only words||"}},
      {"<>", {}},
      {",,;", {}},
  };
  for (const auto& row : rows) EXPECT_EQ(addresses_of(row.value), row.expected) << row.value;
}

TEST(Date, ReadsWhatMailHas) {
  const struct {
    const char* value;
    const char* time;  // nullptr: none
  } rows[] = {
      {"Mon, 23 Nov 2026 07:05:06 +0000", "2026-11-23T07:05:06Z"},
      {"23 Nov 2026 07:05 +0130", "2026-11-23T05:35:00Z"},
      {"Mon, 23 Nov 2026 07:05:06 -0800 (PST)", "2026-11-23T15:05:06Z"},
      {"Mon, 23 Nov 26 07:05:06 EST", "2026-11-23T12:05:06Z"},
      {"Thu, 1 Jan 98 00:00:00 GMT", "1998-01-01T00:00:00Z"},
      {"1 Jan 102 00:00:00 GMT", "2002-01-01T00:00:00Z"},
      {"Mon Nov 23 07:05:06 2026", "2026-11-23T07:05:06Z"},
      {"Mon, 23-Nov-26 7:05:06 GMT", "2026-11-23T07:05:06Z"},
      {"Lun, 23 November 2026 07:05:06", "2026-11-23T07:05:06Z"},
      {"Mon(day), 23 (x) Nov 2026 07:05:06 Z", "2026-11-23T07:05:06Z"},
      {"23 Nov 2026", "2026-11-23T00:00:00Z"},
      {"30 Feb 2026 00:00:00 +0000", nullptr},
      {"yesterday", nullptr},
      {"", nullptr},
      {"99999999999999999999 Nov 2026", nullptr},
  };
  for (const auto& row : rows) {
    const auto time = parse_date(row.value);
    ASSERT_EQ(time.has_value(), row.time != nullptr) << row.value;
    if (time) {
      EXPECT_EQ(to_rfc3339(*time), row.time) << row.value;
    }
  }
}

}  // namespace
}  // namespace postern
