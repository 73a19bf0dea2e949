#include "popcheck/report.h"

#include <gtest/gtest.h>

namespace popcheck {
namespace {

std::vector<Finding> one_of_each() {
  return {{"1", "RFC 1939 3", "holds", passed(), ""},
          {"2a", "practice", "fails", failed("got: -ERR <\"a\"> & b\r\n\xc3\xbc#"), ""},
          {"C3", "chaos", "cannot be tried", not_applicable("needs # --tls"), ""}};
}

TEST(PopcheckReport, TextIsOneLineAStatement) {
  const auto all = one_of_each();
  EXPECT_EQ(text_line(all[0]), "pass 1     RFC 1939 3    holds\n");
  EXPECT_EQ(text_line(all[1]), "FAIL 2a    practice      fails: got: -ERR <\"a\"> & b????#\n")
      << "what a server says stays on its line";
  EXPECT_EQ(text_line(all[2]), "n/a  C3    chaos         cannot be tried: needs # --tls\n");
}

TEST(PopcheckReport, TapSaysOkNotOkAndSkip) {
  EXPECT_EQ(tap(one_of_each()),
            "TAP version 13\n1..3\n"
            "ok 1 - 1 holds (RFC 1939 3)\n"
            "not ok 2 - 2a fails (practice)\n"
            "# got: -ERR <\"a\"> & b????#\n"
            "ok 3 - C3 cannot be tried (chaos) # SKIP needs \\# --tls\n");
  EXPECT_EQ(tap({}), "TAP version 13\n1..0\n");
}

TEST(PopcheckReport, TapDescriptionCannotBecomeADirective) {
  const std::vector<Finding> all{{"1", "x", "a # TODO b\\", passed(), ""}};
  EXPECT_EQ(tap(all), "TAP version 13\n1..1\nok 1 - 1 a \\# TODO b\\\\ (x)\n");
}

TEST(PopcheckReport, JunitEscapesWhatXmlForbids) {
  EXPECT_EQ(junit(one_of_each()),
            "<?xml version=\"1.0\"?>\n"
            "<testsuite name=\"popcheck\" tests=\"3\" failures=\"1\" skipped=\"1\">\n"
            "<testcase classname=\"RFC 1939 3\" name=\"1 holds\"></testcase>\n"
            "<testcase classname=\"practice\" name=\"2a fails\">"
            "<failure message=\"got: -ERR &lt;&quot;a&quot;&gt; &amp; b????#\"/></testcase>\n"
            "<testcase classname=\"chaos\" name=\"C3 cannot be tried\">"
            "<skipped message=\"needs # --tls\"/></testcase>\n"
            "</testsuite>\n");
}

TEST(PopcheckReport, CountsAndSums) {
  EXPECT_EQ(count(one_of_each(), Result::fail), 1u);
  EXPECT_EQ(summary(one_of_each()), "1 passed, 1 failed, 1 not applicable\n");
}

}  // namespace
}  // namespace popcheck
