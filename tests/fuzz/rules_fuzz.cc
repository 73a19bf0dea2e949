// Any text as a rule file, then its rules and tests on a small message.
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/rule_set.h"
#include "rules/rule_tests.h"

namespace {

constexpr std::string_view message =
    "Received: from a (b.example [192.0.2.1]) by c.example (Postfix) with ESMTP id 1AB;\r\n"
    " Thu, 13 Mar 2003 15:23:15 -0500\r\n"
    "From: \"Big Bank\" <offers@cheap.example>\r\nTo: a@b.example\r\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and\r\n more\r\nX-Tag: \xff raw\r\n"
    "Date: Thu, 13 Mar 2003 10:23:15 -0500\r\n"
    "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Click=20here: www.evil.example/a@b.example or c@free.example\r\n--x\r\n"
    "Content-Type: text/html\r\n\r\n"
    "<title>Hi</title><p style=\"color:#fff\">Click   this\r\nnow</p><p>1 &amp; 2 "
    "<a href=\"http://evil.example/x#a@b.example\">https://bank.example/</a>"
    "<img width=9 height=9 src=x></p>\r\n--x\r\n"
    "Content-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAAAA\r\n"
    "--x--\r\nend\r\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  std::vector<Diagnostic> diagnostics;
  const auto rules =
      RuleSet::parse({reinterpret_cast<const char*>(data), size}, "fuzz.cf", diagnostics);
  std::vector<std::uint32_t> hits;
  rules->evaluate(Content::decode(Blob::copy(message)), hits);
  for (const std::uint32_t hit : hits) {
    if (hit >= rules->size()) __builtin_trap();
  }
  run_rule_tests(*rules);
  for (const Diagnostic& diagnostic : diagnostics) {
    if (to_string(diagnostic).empty()) __builtin_trap();
  }
  return 0;
}
