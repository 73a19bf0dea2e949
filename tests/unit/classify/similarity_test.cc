#include "classify/similarity.h"

#include <gtest/gtest.h>

#include "lessons.h"

namespace postern {
namespace {

std::string letter(const std::string& subject, int seed, const std::string& tail) {
  std::string text = "From: a@example.org\nSubject: " + subject + "\n\n";
  for (int i = 0; i < 60; ++i) text += "word" + std::to_string(seed * 1000 + i) + " ";
  return text + tail + "\n";
}

Sketch sketch(const std::string& message) {
  const auto made = sketch_of(features_of(message));
  EXPECT_TRUE(made);
  return made.value_or(Sketch());
}

TEST(Similarity, IsHighForNearlyTheSameAndLowForOthers) {
  const Sketch one = sketch(letter("offer", 1, "number 17"));

  EXPECT_EQ(similarity(one, one), 1);
  EXPECT_GE(similarity(one, sketch(letter("offer", 1, "number 18"))), near_identical);
  EXPECT_LT(similarity(one, sketch(letter("offer", 2, "number 17"))), 0.5);
}

TEST(Similarity, OfAFewWordsIsUnknown) {
  EXPECT_FALSE(sketch_of(features_of("Subject: hi\n\nthank you\n")));
  EXPECT_FALSE(sketch_of(features_of("")));
}

TEST(Contradictions, AreOppositesOfNearlyTheSameText) {
  const SketchedLesson lessons[] = {
      {sketch(letter("offer", 1, "number 17")), MailClass::ham},
      {sketch(letter("other", 2, "number 17")), MailClass::spam},
      {sketch(letter("offer", 1, "number 18")), MailClass::spam},
      {sketch(letter("offer", 1, "number 19")), MailClass::spam},
      {sketch(letter("third", 3, "number 17")), MailClass::ham},
  };

  const auto pairs = contradictions(lessons);

  EXPECT_EQ(pairs, (std::vector<std::pair<std::size_t, std::size_t>>{{0, 2}, {0, 3}}));
}

}  // namespace
}  // namespace postern
