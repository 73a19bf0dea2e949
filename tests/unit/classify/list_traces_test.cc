#include "classify/list_traces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "classify/tokenizer.h"

namespace postern {
namespace {

const std::string body =
    "Content-Type: multipart/alternative; boundary=inner\n\n"
    "--inner\nContent-Type: text/plain\n\nWhere do the swallows sleep?\n"
    "--inner\nContent-Type: text/html\n\n<p>Where do <b>the swallows</b> sleep?"
    " <a href=\"https://birds.example/\">birds</a></p>\n"
    "--inner--\n";

const std::string footer =
    "_______________________________________________\n"
    "Swallows mailing list\nhttps://lists.example/listinfo/swallows\n";

Content decode(const std::string& sender, const std::string& subject, const std::string& rest) {
  return Content::decode(Blob::own("From: " + sender + " <ada@mail.example>\nSubject: " + subject +
                                   "\nMessage-ID: <1@mail.example>\n" + rest));
}

Content passed_on() {
  return decode("Ada via Swallows", "[Swallows] A question",
                "Content-Type: multipart/mixed; boundary=outer\n\n--outer\n" + body +
                    "\n--outer\nContent-Type: text/plain\n\n" + footer + "--outer--\n");
}

std::vector<Feature> base_features(const Content& content) {
  FeatureSet features;
  tokenize(content, features);
  std::vector<Feature> all;
  for (const FeatureBag* bag : {&features.base, &features.base_wide}) {
    all.insert(all.end(), bag->values().begin(), bag->values().end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(ListTraces, KnowsTheFooterAndWhatWasWrappedAround) {
  const Content content = passed_on();

  const ListTraces list(content);

  EXPECT_TRUE(list.added(0));
  EXPECT_FALSE(list.added(1));
  EXPECT_TRUE(list.added(content.parts.size() - 1));
  EXPECT_EQ(list.count(), 2u);
  ASSERT_EQ(content.links.size(), 2u);
  EXPECT_FALSE(list.in_footer(content.links[0]));
  EXPECT_TRUE(list.in_footer(content.links[1]));
}

TEST(ListTraces, AMessageWithAnAttachmentStaysMixed) {
  const Content content =
      decode("Ada", "A picture",
             "Content-Type: multipart/mixed; boundary=outer\n\n--outer\n" + body +
                 "\n--outer\nContent-Type: image/png\n\nx\n--outer\n"
                 "Content-Type: text/plain\n\n" +
                 footer + "--outer--\n");

  const ListTraces list(content);

  EXPECT_FALSE(list.added(0));
  EXPECT_EQ(list.count(), 1u);
}

TEST(ListTraces, AreNoFeatureOfTheBaseModel) {
  const auto direct = base_features(decode("Ada", "A question", body));

  EXPECT_EQ(base_features(passed_on()), direct);
  EXPECT_EQ(base_features(decode("Ada via Swallows", "A question", body)), direct);
  EXPECT_NE(base_features(decode("Ada from Swallows", "A question", body)), direct);
}

TEST(ListTraces, CutsAFooterOutOfTheTextItself) {
  EXPECT_EQ(ListTraces::without_footer("hello\n_____\nthe list"), "hello");
  EXPECT_EQ(ListTraces::without_footer(footer), "");
  EXPECT_EQ(ListTraces::without_footer("a __________ b\n"), "a __________ b\n");
}

}  // namespace
}  // namespace postern
