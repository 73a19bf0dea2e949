// Models outlive the program that made them: what a message's features are may only change together
// with tokenizer_version, and then the base model has to be built anew.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/hash.h"
#include "classify/tokenizer.h"

namespace postern {
namespace {

// Of all features of a message, in order.
std::uint64_t fingerprint(const std::string& message) {
  FeatureSet features;
  tokenize(Content::decode(Blob::copy(message)), features);
  const FeatureView view = features.view();
  std::uint64_t hash = 0;
  const auto add = [&](std::span<const Feature> some) {
    hash = mix64(hash + some.size());
    for (const Feature feature : some) hash = mix64(hash ^ feature);
  };
  for (const auto side : view.grams) add(side);
  for (const auto side : view.tokens) add(side);
  add(view.base);
  add(view.base_wide);
  return hash;
}

TEST(Golden, FeaturesAreThoseOfTheirVersion) {
  struct Row {
    const char* message;
    std::uint64_t features;
  };
  const std::array<Row, 4> rows{{
      {"From: Ada <ada@mail.example>\nTo: bob@home.example\nSubject: Re: The swallows\n"
       "In-Reply-To: <1@home.example>\nMessage-ID: <2@mail.example>\n\n"
       "> Where do they sleep?\n\nOn the wing, some say. See https://birds.example/sleep.html\n",
       6723877003752384010u},
      {"From: =?utf-8?Q?Bank=C3=A9?= <x@shop.example>\nReply-To: y@other.example\n"
       "Subject: =?utf-8?B?V8SxbiBhIHByaXpl?=\nContent-Type: text/html; charset=utf-8\n\n"
       "<html><body><font color=white>meadow</font><p style='display:none'>hidden</p>"
       "Cl\xE2\x80\x8Bick <a href='http://192.0.2.1/win.exe'>www.bank.example</a>!!!"
       "<img src='https://pics.example/a.gif'></body></html>\n",
       11998196166857560696u},
      {"From: list@lists.example\nSubject: [list] news\nMIME-Version: 1.0\n"
       "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nnews\n"
       "--b\nContent-Type: application/zip; name=a.zip\n\nPK\n--b\nContent-Type: text/plain\n\n"
       "_______________\nthe list\n--b--\n",
       6732175619880954221u},
      {"Subject: \xE7\x87\x95\xE5\xAD\x90\xE3\x81\xAF\n"
       "Content-Type: text/plain; charset=utf-8\n\n\xD0\xBB\xD0\xB0\xD1\x81\xD1\x82"
       "\xE7\x87\x95\xE5\xAD\x90\xE3\x81\xAF\xE3\x81\xA9\xE3\x81\x93\xE3\x81\xA7\n",
       15168483289028416699u},
  }};
  ASSERT_EQ(tokenizer_version, 6u) << "write the fingerprints of the new version below";

  for (const Row& row : rows) {
    EXPECT_EQ(fingerprint(row.message), row.features)
        << "raise tokenizer_version and build models/base.model anew, or undo the change:\n"
        << row.message;
  }
}

}  // namespace
}  // namespace postern
