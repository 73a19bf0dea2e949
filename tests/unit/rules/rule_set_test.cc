#include "rules/rule_set.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "rules/rule_tests.h"

namespace postern {
namespace {

std::shared_ptr<const RuleSet> rules_of(std::string_view text, std::vector<Diagnostic>& found) {
  return RuleSet::parse(text, "my.cf", found);
}

// The names of the rules that hit, separated by blanks. The rules must be free of complaints.
std::string hits(std::string_view rules, std::string_view message) {
  std::vector<Diagnostic> diagnostics;
  const auto set = rules_of(rules, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
  std::vector<std::uint32_t> indexes;
  set->evaluate(Content::decode(Blob::copy(message)), indexes);
  std::string names;
  for (const std::uint32_t index : indexes) {
    names += (names.empty() ? "" : " ") + set->info(index).name;
  }
  return names;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

constexpr std::string_view message =
    "From: \"Big Bank\" <offers@cheap.example>\n"
    "To: a@b.example, \"Bea\" <bea@b.example>\n"
    "Cc: c@b.example\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and\n more\n"
    "X-Tag: one\n"
    "X-Tag: two\n"
    "Content-Type: text/html; charset=utf-8\n"
    "\n"
    "<p>Click   this\nnow</p><p>second &amp; <a href=\"http://evil.example/x\">here</a></p>\n";

TEST(RuleSet, SectionsSeeWhatTheDocumentationSays) {
  const struct {
    const char* rule;
    bool hit;
  } rows[] = {
      {"header A Subject =~ /^Gr\xc3\xbc\xc3\x9f"
       "e and more$/",
       true},
      {"header A Subject:raw =~ /=\\?utf-8.*\\n more$/s", true},
      {"header A subject =~ /AND/", false},
      {"header A Subject !~ /viagra/", true},
      {"header A From:addr =~ /^offers\\@cheap\\.example$/", true},
      {"header A From:name =~ /^Big Bank$/", true},
      {"header A ToCc =~ /c\\@b/", true},
      {"header A ToCc:addr =~ /^bea\\@b\\.example$/m", true},
      {"header A X-Tag =~ /^one\\ntwo$/", true},
      {"header A X-Tag:first =~ /^one$/", true},
      {"header A X-Tag:last =~ /^two$/", true},
      {"header A ALL =~ /^X-Tag: two$/m", true},
      {"header A exists:X-Tag", true},
      {"header A exists:X-None", false},
      {"header A X-None =~ /^$/", true},
      {"header A X-None =~ /UNSET/ [if-unset: UNSET]", true},
      {"header A X-None !~ /UNSET/ [if-unset: UNSET]", false},
      {"body A /^Gr\xc3\xbc\xc3\x9f"
       "e and more$/",
       true},
      {"body A /Click this now/", true},
      {"body A /href/", false},
      {"rawbody A /<a href=/", true},
      {"rawbody A /Click   this\\nnow/", true},
      {"uri A m{^https?://evil\\.example/}", true},
      {"full A /^From: .*\\n\\n<p>/s", true},
      {"full A /\\r/", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(hits(row.rule, message), row.hit ? "A" : "") << row.rule;
    EXPECT_EQ(hits(row.rule, with_crlf(message)), row.hit ? "A" : "") << "CRLF: " << row.rule;
  }
}

TEST(RuleSet, BodyLinesAreParagraphs) {
  constexpr std::string_view text = "Subject: s\n\none\n  two\n \nthree\xc2\xa0 four\n";
  EXPECT_EQ(hits("body A /^s$/\nbody B /^one two$/\nbody C /^three four/\nbody D /two.*three/\n"
                 "body E /s.*one/s\n",
                 text),
            "A B C");
}

TEST(RuleSet, MetaRulesSeeCountsAndLaterRules) {
  EXPECT_EQ(hits("meta M  __LATER && !__NEVER\n"
                 "body __LATER /second/\n"
                 "body __NEVER /absent/\n",
                 message),
            "M");
  EXPECT_EQ(hits("rawbody __P /<p>/\ntflags __P multiple\n"
                 "meta TWO __P == 2\nmeta THREE __P > 2\nmeta CHAIN TWO && !THREE\n",
                 message),
            "TWO CHAIN");
  EXPECT_EQ(hits("rawbody __P /<p>/\ntflags __P multiple maxhits=1\nmeta ONE __P == 1\n", message),
            "ONE");
}

TEST(RuleSet, MetaRulesThatHitAtRestFollowWhatTheyName) {
  constexpr std::string_view rules =
      "body __B /second/\nbody __N /nowhere/\n"
      "meta NEITHER !__B && !__N\nmeta NOT_N !__N\nmeta NOT_NEITHER !NEITHER\n"
      "meta AFTER_REST NOT_N && NOT_NEITHER\nmeta OF_ONE NEITHER || __N\n";
  EXPECT_EQ(hits(rules, message), "NOT_N NOT_NEITHER AFTER_REST");
  EXPECT_EQ(hits(rules, "Subject: x\n\nfirst\n"), "NEITHER NOT_N OF_ONE");
}

TEST(RuleSet, ScoresAndDescriptionsAreTakenAsSpamAssassinDoes) {
  std::vector<Diagnostic> diagnostics;
  const auto set = rules_of(
      "body A /a/\nbody T_B /b/\nbody __C /c/\nbody D /d/\nbody E /e/\nbody F /f/\n"
      "score D 1 2 3.5 4\nscore E -0.25\nscore F 2\nscore F (0.5)\ndescribe D Says d\n",
      diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  const std::int32_t points[] = {1000, 10, 0, 3500, -250, 2500};
  ASSERT_EQ(set->size(), 6u);
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_EQ(set->info(i).points, points[i]) << i;
  EXPECT_EQ(set->info(3).description, "Says d");
  EXPECT_EQ(set->info(3).line, 4);
}

TEST(RuleSet, AScoreOfZeroTurnsARuleOff) {
  EXPECT_EQ(hits("body A /second/\nscore A 0\nmeta B A\nmeta C !A\n", message), "C");
}

TEST(RuleSet, DiagnosticsSayWhereAndTheRestLoads) {
  const struct {
    const char* text;
    const char* expected;
  } rows[] = {
      {"body A /x(?{y})/", "my.cf:1:10: error: A: code"},
      {"\nbody  A  /x[/", "my.cf:2:12: error: A: no closing ']'"},
      {"body A /x", "my.cf:1:8: error: A: no closing '/'"},
      {"body A /x/q", "my.cf:1:11: error: A: unknown modifier 'q'"},
      {"body A /x/ y", "my.cf:1:11: error: A: unexpected 'y'"},
      {"body A", "my.cf:1:6: error: A: nothing to look for"},
      {"body 1A /x/", "my.cf:1:6: error: '1A' cannot be a rule's name"},
      {"body", "my.cf:1:1: error: the rule's name is missing"},
      {"boddy A /x/", "my.cf:1:1: error: unknown keyword 'boddy'"},
      {"header A Subject /x/", "my.cf:1:18: error: A: =~ or !~ was expected"},
      {"header A Subject:big =~ /x/", "my.cf:1:10: error: A: unknown form ':big'"},
      {"score NONE 1", "my.cf:1:7: warning: NONE: score without a rule"},
      {"body A /x/\nscore A much", "my.cf:2:9: error: A: 'much' is no score"},
      {"body A /x/\nscore A 1 2", "my.cf:2:7: error: A: 2 scores given"},
      {"body A /x/\nbody A /y/", "my.cf:2:6: warning: A: defined again, in place of my.cf:1"},
      {"meta A B && C", "my.cf:1:8: warning: A: there is no rule B, so it counts as 0"},
      {"meta A B\nmeta B A", "my.cf:1:8: error: A: left out: it is part of a circle"},
      {"meta A (B", "my.cf:1:10: error: A: no closing ')'"},
      {"body B /(/\nmeta A B", "my.cf:2:8: warning: A: B was left out, so it counts as 0"},
      {"body A eval:check_it()", "my.cf:1:6: note: A: left out: function check_it()"},
      {"required_score 5", "my.cf:1:1: note: 'required_score' is ignored"},
      {"ifplugin X\nbody A /x/\nendif", "my.cf:1:10: note: block skipped: plugin X"},
      {"if (version > 1)\nbody A /x/", "my.cf:1:1: error: an 'if' that no 'endif' closes"},
      {"endif", "my.cf:1:1: error: 'endif' without 'if'"},
      {"body A /x/\ntest A maybe x", "my.cf:2:8: error: A: a test is 'ok' or 'fail'"},
      {"body A /a#b/", "my.cf:1:8: note: A: '#' inside"},
  };
  for (const auto& row : rows) {
    std::vector<Diagnostic> diagnostics;
    const auto set = rules_of(std::string(row.text) + "\nbody REST /x/\n", diagnostics);
    bool found = false;
    std::string all;
    for (const Diagnostic& diagnostic : diagnostics) {
      all += to_string(diagnostic) + "\n";
      found = found || to_string(diagnostic).rfind(row.expected, 0) == 0;
    }
    // What an open `if` swallows is the end of its file, not more.
    if (std::string_view(row.expected).find("no 'endif'") == std::string_view::npos) {
      EXPECT_GE(set->size(), 1u) << row.text;
    }
    EXPECT_TRUE(found) << row.text << "\n" << all;
  }
}

TEST(RuleSet, ReadsCommentsDelimitersAndConditions) {
  EXPECT_EQ(hits("# a comment\n"
                 "   body A m!second!   # another\r\n"
                 "body B m{se(?:c){1}ond} \n"
                 "body C /se\\#cond/\n"
                 "lang de describe A Anders\n"
                 "lang en_US describe A Same\n"
                 "if (version >= 3.004)\nbody D /second/\nelse\nbody E /second/\nendif\n",
                 message),
            "A B D");
}

TEST(RuleSet, HitsComeInOrderOfDefinition) {
  EXPECT_EQ(hits("meta Z 1\nuri Y /evil/\nbody X /second/\nheader W exists:To\n", message),
            "Z Y X W");
}

TEST(RuleSet, MeasuringSeesSubRulesToo) {
  std::vector<Diagnostic> diagnostics;
  const auto set = rules_of(
      "body __PART /second/\nbody __NONE /third/\nmeta A __PART\nbody OFF /here/\nscore OFF 0\n",
      diagnostics);
  std::vector<std::uint32_t> indexes;
  std::vector<std::uint64_t> nanoseconds;
  set->measure(Content::decode(Blob::copy(message)), indexes, nanoseconds);
  ASSERT_EQ(nanoseconds.size(), set->size());
  std::vector<std::string> names;
  for (const std::uint32_t index : indexes) names.push_back(set->info(index).name);
  EXPECT_EQ(names, (std::vector<std::string>{"__PART", "A"}));
}

TEST(RuleSet, OneSetEqualsEachRuleAlone) {
  const std::vector<std::string> lines = {
      "body B1 /click/i",         "body B2 /second/",         "body B3 /third/",
      "body B4 /[\\x80-\\xff]/",  "rawbody R1 /<p>/",         "rawbody R2 /<b>/",
      "rawbody R3 /href/i",       "rawbody R4 /x/",           "uri U1 /evil/",
      "header H1 Subject =~ /a/", "header H2 Subject =~ /q/", "header H3 Subject !~ /a/",
      "full F1 /Content-Type/",   "full F2 /multipart/"};
  std::string together, expected;
  for (const std::string& line : lines) {
    together += line + "\n";
    const std::string hit = hits(line, message);
    if (!hit.empty()) expected += (expected.empty() ? "" : " ") + hit;
  }
  EXPECT_EQ(hits(together, message), expected);
  EXPECT_EQ(expected, "B1 B2 B4 R1 R3 R4 U1 H1 F1");
}

TEST(RuleSet, AParagraphsEveryOctetIsSeenHoweverLong) {
  for (const std::size_t length : {2040u, 2048u, 4100u, 9000u}) {
    const std::string text = "\n\n" + std::string(length, 'x') + " needle\n";
    EXPECT_EQ(hits("body A /needle/\nrawbody B /needle/\n", text), "A B") << length;
  }
  std::string lines = "\n";
  for (int i = 0; i < 5000; ++i) lines += "\n\na";
  EXPECT_EQ(hits("body A /^needle$/\nbody B /needle/\n", lines + "\n\nneedle\n"), "B");
}

TEST(RuleSet, VersionFollowsTheMeaning) {
  std::vector<Diagnostic> ignored;
  const auto version = [&ignored](const char* text) { return rules_of(text, ignored)->version(); };
  EXPECT_EQ(version("body A /x/\n"), version("# note\nbody  A   /x/ # other\n\nscore A 1\n"));
  EXPECT_NE(version("body A /x/\n"), version("body A /y/\n"));
  EXPECT_NE(version("body A /x/\n"), version("body A /x/i\n"));
  EXPECT_NE(version("body A /x/\n"), version("body A /x/\nscore A 2\n"));
  EXPECT_NE(version("body A /x/\n"), version("body A /x/\ndescribe A Text\n"));
  EXPECT_NE(version("body A /x/\n"), version("rawbody A /x/\n"));
}

TEST(RuleSet, TestLinesBecomeMessages) {
  std::vector<Diagnostic> diagnostics;
  const auto set = rules_of(
      "body A /secret/\ntest A ok a secret\ntest A fail nothing\n"
      "header B From:addr =~ /x\\.example$/\ntest B ok Me <a@x.example>\ntest B fail a@y.example\n"
      "uri C /bad/\ntest C ok see http://bad.example/\ntest C fail bad\n"
      "meta D A && B\ntest D ok From: a@x.example\\n\\nsecret\ntest D fail From: a@x.example\n"
      "header E ALL =~ /^X: y$/m\ntest E ok X: y\ntest E fail Y: y\n"
      "header F exists:X-F\ntest F ok 1\n"
      "body G /never/\ntest G ok wrong\nbody H /untested/\n",
      diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  const RuleTestReport report = run_rule_tests(*set);
  EXPECT_EQ(report.passed, 11u);
  ASSERT_EQ(report.failed.size(), 1u);
  EXPECT_EQ(to_string(report.failed[0]).rfind("my.cf:19: error: G: should hit", 0), 0u)
      << to_string(report.failed[0]);
  EXPECT_EQ(report.untested, std::vector<std::string>{"H"});
}

TEST(RuleSet, LoadReportsAMissingPath) {
  std::vector<Diagnostic> diagnostics;
  const auto set = RuleSet::load({"/nowhere/at/all.cf"}, diagnostics);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().kind(), Errc::no_input);
}

TEST(ShippedRules, LoadWithoutComplaintAndPassTheirTests) {
  const auto folder =
      std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() /
      "rules";
  std::vector<Diagnostic> diagnostics;
  const auto set = RuleSet::load({folder.string()}, diagnostics);
  ASSERT_TRUE(set);
  for (const Diagnostic& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
  const RuleTestReport report = run_rule_tests(**set);
  for (const Diagnostic& failure : report.failed) ADD_FAILURE() << to_string(failure);
  for (const std::string& name : report.untested) ADD_FAILURE() << name << " has no test";
  std::size_t scored = 0;
  for (std::uint32_t i = 0; i < (*set)->size(); ++i) {
    const RuleInfo& info = (*set)->info(i);
    if (info.name.rfind("__", 0) == 0) continue;
    ++scored;
    EXPECT_FALSE(info.description.empty()) << info.name;
    EXPECT_LE(info.points, 3000) << info.name;
    EXPECT_GE(info.points, -1500) << info.name;
  }
  EXPECT_GE(scored, 1u);
}

}  // namespace
}  // namespace postern
