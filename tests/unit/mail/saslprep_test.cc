#include "mail/saslprep.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Saslprep, IsThatOfRfc4013) {  // section 3
  EXPECT_EQ(saslprep("I\u00adX"), "IX");
  EXPECT_EQ(saslprep("user"), "user");
  EXPECT_EQ(saslprep("USER"), "USER");
  EXPECT_EQ(saslprep("\u00aa"), "a");
  EXPECT_EQ(saslprep("\u2168"), "IX");
}

TEST(Saslprep, MakesOneOfTwoWaysToWriteALetter) {
  EXPECT_EQ(saslprep("Gru\u0308n"), saslprep("Gr\u00fcn"));
  EXPECT_EQ(saslprep("a\u00a0b"), "a b");
  EXPECT_EQ(saslprep("\U0001f600"), "\U0001f600");
}

TEST(Saslprep, LeavesAloneWhatItForbidsOrCannotRead) {
  EXPECT_EQ(saslprep("\x07"), "\x07");
  EXPECT_EQ(saslprep("\u06271"), "\u06271");
  EXPECT_EQ(saslprep("caf\xe9"), "caf\xe9");
  EXPECT_EQ(saslprep(""), "");
  const std::string very_long(10'000, '\xc3');
  EXPECT_EQ(saslprep(very_long), very_long);
}

}  // namespace
}  // namespace postern
