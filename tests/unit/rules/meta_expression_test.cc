#include "rules/meta_expression.h"

#include <gtest/gtest.h>

#include "rules/condition.h"

namespace postern {
namespace {

// Names stand for numbers: A is 1, B is 2, Z is 0.
double value(const char* text) {
  MetaExpression expression;
  MetaExpression::Failure failure;
  if (!expression.parse(text, failure)) {
    ADD_FAILURE() << text << ": " << failure.what;
    return -1;
  }
  return expression.evaluate([&expression](std::uint32_t index) {
    const char name = expression.names()[index].text[0];
    return name == 'Z' ? 0 : name - 'A' + 1;
  });
}

TEST(MetaExpression, Evaluates) {
  EXPECT_EQ(value("A"), 1);
  EXPECT_EQ(value("A && Z"), 0);
  EXPECT_EQ(value("A and not Z"), 1);
  EXPECT_EQ(value("Z || B"), 1);
  EXPECT_EQ(value("A + B * 3"), 7);
  EXPECT_EQ(value("(A + B) * 3"), 9);
  EXPECT_EQ(value("8 - 4 - 2"), 2);
  EXPECT_EQ(value("A + B + Z >= 3"), 1);
  EXPECT_EQ(value("A + B + Z > 3"), 0);
  EXPECT_EQ(value("Z || A && Z"), 0);
  EXPECT_EQ(value("!A == Z"), 1);
  EXPECT_EQ(value("A == 1 && B != 1 && A < B && A <= 1"), 1);
  EXPECT_EQ(value("A ? 5 : 7"), 5);
  EXPECT_EQ(value("Z ? 5 : A ? 6 : 7"), 6);
  EXPECT_EQ(value("-A + 0.5"), -0.5);
  EXPECT_EQ(value("B / Z"), 0);
  EXPECT_EQ(value("7 % 4"), 3);
  EXPECT_EQ(value("!!B"), 1);
}

TEST(MetaExpression, SaysWhereItIsWrong) {
  const struct {
    const char* text;
    std::size_t at;
  } rows[] = {{"", 0},      {"A &&", 4},   {"A B", 2},   {"(A", 2}, {"A ? B", 5},
              {"A @ B", 2}, {"foo(A)", 3}, {"1.2.3", 0}, {")", 0},  {"A & B", 2}};
  for (const auto& row : rows) {
    MetaExpression expression;
    MetaExpression::Failure failure;
    EXPECT_FALSE(expression.parse(row.text, failure)) << row.text;
    EXPECT_EQ(failure.at, row.at) << row.text;
    EXPECT_FALSE(failure.what.empty());
  }
}

TEST(MetaExpression, RefusesWhatIsTooDeep) {
  MetaExpression expression;
  MetaExpression::Failure failure;
  EXPECT_FALSE(expression.parse(std::string(5000, '(') + "A" + std::string(5000, ')'), failure));
  EXPECT_FALSE(expression.parse(std::string(5000, '!') + "A", failure));
  std::string chain = "A";
  for (int i = 0; i < 1000; ++i) chain += " + A";
  EXPECT_TRUE(expression.parse(chain, failure));
  EXPECT_EQ(expression.evaluate([](std::uint32_t) { return 1; }), 1001);
}

TEST(Condition, KnowsVersionsAndThePluginsThatAreThere) {
  EXPECT_TRUE(evaluate_condition("version >= 3.004000").holds);
  EXPECT_FALSE(evaluate_condition("(version >= 5.0)").holds);
  EXPECT_TRUE(evaluate_condition("plugin(Mail::SpamAssassin::Plugin::HTMLEval)").holds);
  EXPECT_FALSE(evaluate_condition("plugin(Mail::SpamAssassin::Plugin::PDFInfo)").holds);
  EXPECT_TRUE(evaluate_condition("!plugin ( Mail::X ) && !can(Mail::Y::z)").holds);
  EXPECT_FALSE(evaluate_condition("weather == 1").ok);
  EXPECT_FALSE(evaluate_condition("can(").ok);
}

}  // namespace
}  // namespace postern
