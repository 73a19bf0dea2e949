#include "rules/pcre_confirm.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <array>
#include <random>

#include "rules/pattern_set.h"

namespace postern {
namespace {

std::uint32_t count_of(const RegexSource& source, std::string_view text, std::uint32_t most = 1) {
  PatternSet set;
  EXPECT_EQ(set.add(translate_regex(source, false), most), "") << source.pattern;
  set.compile();
  PcreBudget budget;
  std::vector<std::uint32_t> counts(1);
  set.count({text}, budget, counts);
  return counts[0];
}

TEST(PcreConfirm, DecidesWhatRe2CannotExpress) {
  const struct {
    const char* pattern;
    const char* modifiers;
    const char* text;
    std::uint32_t hits;
  } rows[] = {
      {"free(?! of)", "", "free of charge", 0},
      {"free(?! of)", "", "free money", 1},
      {"(?<!not )spam", "i", "not Spam", 0},
      {"(\\w)\\1\\1", "", "wooow", 1},
      {"(\\w)\\1\\1", "", "wow", 0},
      {"(?>a|ab)c", "", "abc", 0},
      {"[ab]++a", "", "aba", 0},
      {"\xd0\xb6(?=\xd0\x96)", "i", "\xd0\x96\xd0\xb6", 1},
      {"\\xd0\\xb6(?!x)", "", "\xd0\xb6", 1},
      {"x{2,1500}y(?!z)", "", "xxy", 1},
      {"x{1200}", "", "xxx", 0},
      {"(?=x)x{,2}y", "", "xxy", 1},
      {"(a)?b(?(1)c|d)", "", "abd", 1},  // begins at "b"
      {"^(a)?b(?(1)c|d)", "", "abd", 0},
      {"a(?=b)", "", "ab ab ab", 2},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(count_of({row.pattern, row.modifiers, 1}, row.text, 2), row.hits) << row.pattern;
  }
}

TEST(PcreConfirm, ALimitIsNoHitAndIsCounted) {
  PatternSet set;
  ASSERT_EQ(set.add(translate_regex({"^(?=a)(?:(?:a|a?)+)+(?!.)b?c$", "", 1}, false), 1), "");
  set.compile();
  const std::string text(3000, 'a');
  PcreBudget budget;
  std::vector<std::uint32_t> counts(1);

  const std::string chunks[] = {text + "\nc", text + "bc"};
  set.count({chunks[0]}, budget, counts);
  set.count({chunks[1]}, budget, counts);

  EXPECT_EQ(counts[0], 0u);
  EXPECT_GE(set.limits_reached(0), 1u);
  EXPECT_GT(PcreBudget::message_steps - budget.steps, 0u);
}

TEST(PcreConfirm, TheBudgetIsThatOfAllSearchesTogether) {
  std::string why;
  const auto regex = PcreRegex::compile({"^(?:a|a)+$", "", 1}, false, why);
  ASSERT_TRUE(regex) << why;
  const std::string text = std::string(2000, 'a') + 'b';
  PcreBudget budget;

  for (int i = 0; i < 100; ++i) regex->find(text, 0, budget);

  // What is left is less than the next search would need, and it says so at once.
  EXPECT_LT(budget.steps, 5000u);
  EXPECT_EQ(regex->find(text, 0, budget).outcome, PcreRegex::Outcome::limit);
}

// The steps that expressions made to explode take on a text made for them, in chunks of 2,000.
std::uint64_t steps_on_exploding_text(std::size_t octets) {
  PatternSet set;
  for (const char* pattern : {
           "^(a+)+(?!c)$",
           "(?=a)(?:a|aa)+$",
           "(a?){30}(?=b)a{30}",
           "^(?:(a|b)*)*\\1c",
           "(?<!x)(?:.*a){12}(?!a)$",
       }) {
    EXPECT_EQ(set.add(translate_regex({pattern, "", 1}, false), 100), "") << pattern;
  }
  set.compile();
  const std::string text(octets, 'a');
  std::vector<std::string_view> chunks;
  for (std::size_t at = 0; at < octets; at += 2000) {
    chunks.push_back(std::string_view(text).substr(at, 2000));
  }
  PcreBudget budget;
  std::vector<std::uint32_t> counts(set.size());
  set.count(chunks, budget, counts);
  return PcreBudget::message_steps - budget.steps;
}

TEST(PcreConfirm, AMessageMadeToExplodeCostsNoMoreThanTheBudget) {
  EXPECT_GT(steps_on_exploding_text(2000), 100'000u);  // it is made well
  for (const std::size_t octets : {20'000u, 200'000u, 500'000u}) {
    EXPECT_LE(steps_on_exploding_text(octets), PcreBudget::message_steps) << octets;
  }
}

TEST(PcreConfirm, WhatRe2CanExpressTakesNoStepsHoweverItIsWritten) {
  PatternSet set;
  for (const char* pattern :
       {"^(a+)+$", "(?:a|aa)+$", "(a?){30}a{30}", "(?:.*a){12}b", "(x+x+)+y"}) {
    EXPECT_EQ(set.add(translate_regex({pattern, "", 1}, false), 100), "") << pattern;
    EXPECT_FALSE(set.confirmed(set.size() - 1)) << pattern;
  }
  set.compile();
  const std::string text = std::string(20'000, 'a') + "!";
  PcreBudget budget;
  std::vector<std::uint32_t> counts(set.size());
  set.count({text}, budget, counts);
  EXPECT_EQ(budget.steps, PcreBudget::message_steps);
}

TEST(PcreConfirm, ARepeatedGroupMayBeLargerThanPcreCanCopy) {
  const std::string large(5000, 'y');
  const RegexSource source{"(?:[)]" + large + "|(?:z|" + large + ")){5}(?!q)", "", 1};

  EXPECT_EQ(count_of(source, "zzzzz"), 1u);
  EXPECT_EQ(count_of(source, "zzzz"), 0u);
  EXPECT_EQ(count_of(source, "zzzzzq"), 0u);
  EXPECT_EQ(count_of(source, "zz)" + large + "zz"), 1u);
}

TEST(PcreConfirm, SaysWhyAnExpressionCannotBeCompiled) {
  std::string why;
  EXPECT_FALSE(PcreRegex::compile({"(?<=a*)b", "", 1}, false, why));
  EXPECT_NE(why, "");
}

// Whatever PCRE2 matches, the superset matches, too.
TEST(PcreConfirm, TheSupersetNeverMissesWhatPcreMatches) {
  const std::vector<std::string> pieces = {
      "a",           "b",      "[ab]",   "(a|b)",    "(?:ab)?", "\\1",       "(?=a)",
      "(?!b)",       "(?<=a)", "(?<!b)", "(?>a|ab)", "a++",     "[^a]*+",    "\\s",
      "$",           "^",      "\\b",    ".",        "(b+)",    "\\2",       "\n",
      "\\R",         "\\h",    "(?i)",   "(?:a|b$)", "\\Z",     "{0,2}",     "|",
      "(?|(a)|(b))", "\\K",    "(\\ba)", "(^b|a)",   "(?s:.)",  "\\X",       "[\\S]",
      "a{2,1200}",   "k",      "\\xe9",  "[^\\Sa]",  "\\v",     "(?(1)a|b)", "(?m)"};
  const std::vector<std::string> words = {"a",        "b",    "ab",           "A",       " ",
                                          "\n",       "K",    "\xe2\x84\xaa", "aa",      "\x0b",
                                          "\xc3\xa9", "\xe9", "\t",           "\xc2\xa0"};
  std::mt19937 random(20261123);
  std::size_t hits = 0, patterns = 0;
  for (int round = 0; round < 4000; ++round) {
    RegexSource source;
    for (auto count = 1 + random() % 6; count > 0; --count) {
      source.pattern += pieces[random() % pieces.size()];
    }
    if (random() % 3 == 0) source.modifiers = "i";
    constexpr std::array forms{RegexForm::superset, RegexForm::loose, RegexForm::widest};
    const RegexTranslation superset =
        translate_regex(source, random() % 2 == 0, forms[random() % forms.size()]);
    std::string why;
    if (!superset.ok) continue;
    const auto pcre = PcreRegex::compile(source, superset.bytes, why);
    re2::RE2::Options options;
    options.set_log_errors(false);
    if (superset.bytes) options.set_encoding(re2::RE2::Options::EncodingLatin1);
    const re2::RE2 wide(superset.re2, options);
    if (!pcre || !wide.ok()) continue;
    ++patterns;
    for (int i = 0; i < 20; ++i) {
      std::string text;
      for (auto count = random() % 8; count > 0; --count) text += words[random() % words.size()];
      PcreBudget budget;
      if (pcre->find(text, 0, budget).outcome != PcreRegex::Outcome::hit) continue;
      ++hits;
      EXPECT_TRUE(re2::RE2::PartialMatch(text, wide))
          << source.pattern << " /" << source.modifiers << " -> " << superset.re2 << " on '" << text
          << "'" << superset.bytes;
    }
  }
  EXPECT_GT(patterns, 1000u);
  EXPECT_GT(hits, 5000u);
}

}  // namespace
}  // namespace postern
