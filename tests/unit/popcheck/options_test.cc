#include "popcheck/options.h"

#include <gmock/gmock.h>

#include <set>

namespace popcheck {
namespace {

using std::chrono::milliseconds;

CommandLine read(std::vector<const char*> words) {
  words.insert(words.begin(), "popcheck");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

std::vector<Check> checks_of(const Options& options) {
  const auto checks = chosen_checks(options);
  return checks ? *checks : std::vector<Check>();
}

TEST(PopcheckOptions, HasDefaults) {
  const CommandLine line = read({});
  ASSERT_FALSE(line.over);
  EXPECT_EQ(line.options.target.host, "127.0.0.1");
  EXPECT_EQ(line.options.target.port, "110");
  EXPECT_EQ(line.options.target.security, Security::none);
  EXPECT_EQ(line.options.target.patience, milliseconds(10'000));
  EXPECT_FALSE(line.options.means.destructive);
  EXPECT_FALSE(line.options.chaos);
}

TEST(PopcheckOptions, ReadsWhatIsAskedFor) {
  const CommandLine line =
      read({"--host", "mail.example", "--port", "995", "--tls", "--user", "u", "--pass-file", "f",
            "--patience", "0.5", "--destructive", "--only", "57", "58"});
  ASSERT_FALSE(line.over);
  EXPECT_EQ(line.options.target.host, "mail.example");
  EXPECT_EQ(line.options.target.security, Security::tls);
  EXPECT_EQ(line.options.target.patience, milliseconds(500));
  EXPECT_TRUE(line.options.means.destructive);
  EXPECT_THAT(line.options.only, testing::ElementsAre("57", "58"));
  EXPECT_EQ(read({"--stls"}).options.target.security, Security::stls);
}

TEST(PopcheckOptions, RefusesWhatMakesNoSense) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{"--tls", "--stls"},
                                             {"--patience", "0"},
                                             {"--patience", "soon"},
                                             {"--nonsense"},
                                             {"--user"}}) {
    const CommandLine line = read(words);
    EXPECT_TRUE(line.over) << words.front();
    EXPECT_EQ(line.status, 64) << words.front();
  }
  EXPECT_TRUE(read({"--help"}).over);
  EXPECT_EQ(read({"--help"}).status, 0);
}

TEST(PopcheckChecks, NumbersAreUniqueAndEveryCheckCanRun) {
  Options options;
  options.chaos = true;
  std::set<std::string> seen;
  for (const Check& one : checks_of(options)) {
    EXPECT_TRUE(seen.insert(one.id).second) << one.id << " is there twice";
    EXPECT_EQ(one.run != nullptr, one.start == Start::special) << one.id;
    EXPECT_EQ(one.dialogue != nullptr, one.start != Start::special) << one.id;
  }
  EXPECT_EQ(seen.count("C1"), 1u);
}

TEST(PopcheckChecks, ChaosMustBeAskedFor) {
  Options options;
  const auto all = checks_of(options);
  EXPECT_GT(all.size(), 50u);
  for (const Check& one : all) EXPECT_NE(one.id[0], 'C') << one.id;
  options.only = {"C1"};
  ASSERT_EQ(checks_of(options).size(), 1u);
}

TEST(PopcheckChecks, OnlyKeepsTheOrderAndKnowsItsNumbers) {
  Options options;
  options.only = {"58", "1"};
  const auto some = checks_of(options);
  ASSERT_EQ(some.size(), 2u);
  EXPECT_STREQ(some[0].id, "1");
  EXPECT_STREQ(some[1].id, "58");
  options.only = {"57", "4711"};
  const auto none = chosen_checks(options);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().detail, "no statement has the number 4711");
}

TEST(PopcheckBase64, PadsAndEncodesNuls) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("a"), "YQ==");
  EXPECT_EQ(base64("ab"), "YWI=");
  EXPECT_EQ(base64(std::string("\0u\0p", 4)), "AHUAcA==");
}

}  // namespace
}  // namespace popcheck
