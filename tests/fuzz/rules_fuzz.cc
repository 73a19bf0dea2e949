// Any text as a rule file, then its rules and tests on a small message.
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/rule_set.h"
#include "rules/rule_tests.h"

namespace {

constexpr std::string_view message =
    "From: \"Big Bank\" <offers@cheap.example>\r\nTo: a@b.example\r\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and\r\n more\r\nX-Tag: \xff raw\r\n"
    "Content-Type: text/html\r\n\r\n"
    "<p>Click   this\r\nnow</p><p>1 &amp; 2 <a href=\"http://evil.example/x\">here</a></p>\r\n";

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
