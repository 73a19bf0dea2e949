#include <gtest/gtest.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/crypto.h"
#include "classify/background.h"
#include "classify/import_formats.h"
#include "classify/import_words.h"
#include "lessons.h"

namespace postern {
namespace {

// "ham 2 spam 1 subject:Hello" for each word, so that tables are easy to compare.
std::vector<std::string> lines_of(const ForeignWords& words) {
  std::vector<std::string> lines;
  for (const ForeignWord& one : words.words) {
    lines.push_back(std::to_string(one.ham) + " " + std::to_string(one.spam) + " " + one.field +
                    ":" + one.word);
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(ImportWords, AreTheTokenizersOwnFeatures) {
  const FeatureSet message = features_of(
      "From: Ann <ann@example.org>\nSubject: Hello World\nReturn-Path: <ann@example.org>\n\n"
      "The price is $17.50 for Gr\xC3\xBC\xC3\x9F"
      "e\n");
  const auto has = [&](TokenSide side, std::string_view field, std::string_view word) {
    const auto values = message.tokens[static_cast<std::size_t>(side)].values();
    const auto features = features_of_word(field, word);
    return features.size() == 1 && std::ranges::count(values, features[0]) == 1;
  };

  EXPECT_TRUE(has(TokenSide::words, "", "price"));
  EXPECT_TRUE(has(TokenSide::words, "", "Price"));
  EXPECT_TRUE(has(TokenSide::words, "", "$17.50"));
  EXPECT_TRUE(has(TokenSide::words, "",
                  "gr\xC3\xBC\xC3\x9F"
                  "e"));
  EXPECT_TRUE(has(TokenSide::people, "subject", "Hello"));
  EXPECT_TRUE(has(TokenSide::people, "from", "ann@example.org"));
  EXPECT_FALSE(has(TokenSide::people, "subject", "hello"));
  EXPECT_FALSE(has(TokenSide::words, "", "absent"));
  EXPECT_TRUE(features_of_word("", "two words").empty());
  EXPECT_TRUE(features_of_word("", "").empty());
  EXPECT_TRUE(features_of_word("", std::string(1000, 'x')).empty());
}

TEST(ImportWords, MakeAModelThatKnowsThem) {
  ForeignWords words{400, 300, {}};
  for (const char* word : {"claim", "cash", "reward", "expires", "today"}) {
    words.words.push_back({"", word, 2, 200});
  }
  for (const char* word : {"committee", "agenda", "item", "notes", "attached"}) {
    words.words.push_back({"", word, 300, 1});
  }

  const auto model = Model::parse(Blob::own(model_of_words(words)), "imported");

  ASSERT_TRUE(model) << model.error().detail;
  const auto background = Background::of(nullptr, *model);
  ASSERT_TRUE(background);
  EXPECT_GT(background->opinion(features_of(spam_message(1))), 0.5);
  EXPECT_LT(background->opinion(features_of(ham_message(1))), -0.5);
  EXPECT_LE((*model)->lessons(MailClass::ham), 100u);
}

TEST(ImportWords, CountsBeyondTheTableAreScaled) {
  const ForeignWords words{1'000'000, 2'000'000, {{"", "cash", 1, 1'900'000}}};

  const auto model = Model::parse(Blob::own(model_of_words(words)), "imported");

  ASSERT_TRUE(model);
  const Feature feature = features_of_word("", "cash").at(0);
  const auto counts = (*model)->layer().counts;
  const TokenCount count = counts[slot_of(feature, counts.size())];
  EXPECT_EQ(count.ham, 1u);
  EXPECT_GT(count.spam, 60'000u);
  EXPECT_LT((*model)->state().counted[1], 65'536u);
}

TEST(ImportBogofilter, ReadsADump) {
  // As bogoutil -d of bogofilter 1.2.5 prints it.
  const auto words = parse_bogofilter(
      ".ENCODING 2 0 20261123\n.MSG_COUNT 131 269 20261123\n.WORDLIST_VERSION 20040500 0 20261123\n"
      "$00.08 1 0 20261123\nsubj:Hello 4 2 20261123\nrcvd:example.org 0 3 20261123\n"
      "head:9.0.1.31 0 1 20261123\nmime:text 1 1 20261123\n",
      "dump");

  ASSERT_TRUE(words) << words.error().detail;
  EXPECT_EQ(words->spam, 131u);
  EXPECT_EQ(words->ham, 269u);
  EXPECT_EQ(lines_of(*words),
            (Lines{"0 1 :$00.08", "2 4 subject:Hello", "3 0 received:example.org"}));
}

TEST(ImportBogofilter, RefusesWhatIsNoDump) {
  for (const char* text : {"", "word 1 2 20261123\n", "hello\n", ".MSG_COUNT 1 x 20261123\n",
                           ".MSG_COUNT 1 2 20261123\nbad line here\n"}) {
    EXPECT_EQ(parse_bogofilter(text, "dump").error().kind(), Errc::bad_data) << text;
  }
  EXPECT_NE(parse_bogofilter(".MSG_COUNT 1 2 3\nx y\n", "dump").error().detail.find("dump:2:"),
            std::string::npos);
}

TEST(ImportSpambayes, ReadsCsv) {
  const auto words = parse_spambayes(
      "20,30\r\nhello,2,0\r\n\"a,b\",0,4\r\n\"q\"\"q\",1,1\r\nsubject:Hi,3,0\r\nfrom:addr:x,1,0\r\n"
      "header:Received:2,5,5\r\n",
      "csv");

  ASSERT_TRUE(words) << words.error().detail;
  EXPECT_EQ(words->ham, 20u);
  EXPECT_EQ(words->spam, 30u);
  EXPECT_EQ(lines_of(*words),
            (Lines{"2 0 :hello", "0 4 :a,b", "1 1 :q\"q", "3 0 subject:Hi", "1 0 from:addr:x"}));
  for (const char* text : {"", "x\n", "1,2,3\n", "1,2\nword\n", "1,2\n\"open,1,2\n", "0,0\n"}) {
    EXPECT_EQ(parse_spambayes(text, "csv").error().kind(), Errc::bad_data) << text;
  }
}

TEST(ImportPopfile, ReadsTables) {
  ForeignWords words;

  ASSERT_TRUE(parse_popfile_table("__CORPUS__ __VERSION__ 1\ncash 12\nsubject:win 3\nhtml:td 9\n",
                                  "spam/table", true, words));
  ASSERT_TRUE(
      parse_popfile_table("__CORPUS__ __VERSION__ 1\r\nagenda 7\r\n", "work/table", false, words));
  estimate_messages(words);

  EXPECT_EQ(lines_of(words), (Lines{"0 12 :cash", "0 3 subject:win", "7 0 :agenda"}));
  EXPECT_EQ(words.spam, 12u);
  EXPECT_EQ(words.ham, 7u);
  EXPECT_FALSE(parse_popfile_table("cash 12\n", "t", true, words));
  EXPECT_FALSE(parse_popfile_table("__CORPUS__ __VERSION__ 1\ncash\n", "t", true, words));
}

TEST(ImportSpamAssassin, LooksWordsUpInMail) {
  const auto token = [](std::string_view word) {
    return to_hex(std::string_view(sha1(word)).substr(15));
  };
  const std::string backup =
      "v\t3\tdb_version # this must be the first line!!!\nv\t36\tnum_spam\n"
      "v\t64\tnum_nonspam\nt\t5\t1\t1038919057\t" +
      token("reward") + "\nt\t0\t2\t1038919057\t" + token("minutes") + "\nt\t9\t9\t1\t" +
      token("never-seen") + "\ns\ts\tabc@sa_generated\n";

  auto tokens = SpamAssassinTokens::parse(backup, "backup");
  ASSERT_TRUE(tokens) << tokens.error().detail;
  tokens->look_up(Content::decode(Blob::own("Subject: Minutes\n\nYour REWARD, \"reward\".\n")));

  EXPECT_EQ(tokens->size(), 3u);
  EXPECT_EQ(tokens->found().spam, 36u);
  EXPECT_EQ(tokens->found().ham, 64u);
  EXPECT_EQ(lines_of(tokens->found()),
            (Lines{"2 0 :minutes", "2 0 subject:Minutes", "1 5 :reward"}));
  for (const char* text : {"", "v\t2\tdb_version\nt\t1\t1\t1\t0011223344\n", "x\n",
                           "v\t3\tdb_version\nt\t1\t1\t1\tshort\n", "v\t3\tdb_version\n"}) {
    EXPECT_FALSE(SpamAssassinTokens::parse(text, "backup")) << text;
  }
}

}  // namespace
}  // namespace postern
