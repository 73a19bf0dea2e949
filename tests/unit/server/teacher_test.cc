#include "server/teacher.h"

#include <gtest/gtest.h>

#include "classify/classifier.h"
#include "classify/tokenizer.h"
#include "state/memory_store.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

Blob message(int number, const std::string& word) {
  return Blob::own("From: a" + std::to_string(number) + "@example.org\nSubject: " + word + "\n\n" +
                   word + " text number " + std::to_string(number) + "\n");
}

// Log odds of some messages, by a model file.
std::vector<double> opinions(const std::string& model_path) {
  const auto model = Model::open(model_path);
  EXPECT_TRUE(model);
  const Classifier classifier(nullptr, *model);
  std::vector<double> odds;
  FeatureSet features;
  for (const char* word : {"pills", "lunch", "watches"}) {
    tokenize(Content::decode(message(9, word)), features);
    odds.push_back(classifier.assess(features).log_odds);
  }
  return odds;
}

class TeacherTest : public ::testing::Test {
 protected:
  TeachReport teach(const Blob& taught, MailClass mail_class) {
    const Teacher::Request request{taught, mail_class, "test"};
    const auto report = teacher_.teach({&request, 1});
    EXPECT_TRUE(report);
    return *report;
  }

  std::string fold() {
    EXPECT_TRUE(teacher_.catch_up());
    return *read_file(model_);
  }

  TemporaryDirectory folder_;
  std::string model_ = folder_.path() + "/model/personal.model";
  MemoryStore store_;
  Teacher teacher_{store_, model_, nullptr, system_clock()};
};

TEST_F(TeacherTest, TeachingIsIdempotent) {
  EXPECT_EQ(teach(message(1, "pills"), MailClass::spam).learned, 1u);
  const std::string before = fold();
  EXPECT_EQ(teach(message(1, "pills"), MailClass::spam).known, 1u);
  EXPECT_EQ(fold(), before);
}

TEST_F(TeacherTest, TheSameMessageInAnotherShapeIsTheSameLesson) {
  teach(Blob::copy("Subject: a\n\nbody\n"), MailClass::spam);
  for (const char* shape : {"Subject: a\r\n\r\nbody\r\n",
                            "From x Mon Jan  1 00:00:00 2026\nSubject: a\nStatus: RO\n\nbody\n",
                            "X-Mozilla-Status: 0001\nSubject: a\n\nbody"}) {
    EXPECT_EQ(teach(Blob::copy(shape), MailClass::spam).known, 1u) << shape;
  }
  EXPECT_EQ(teach(Blob::copy("Subject: a\n\nbody \n"), MailClass::spam).learned, 1u);
}

TEST_F(TeacherTest, TheNewerOfContradictingLessonsCounts) {
  teach(message(2, "pills"), MailClass::spam);
  const std::string alone = fold();
  teach(message(1, "lunch"), MailClass::spam);
  EXPECT_EQ(teach(message(1, "lunch"), MailClass::ham).changed, 1u);
  const auto counts = store_.count_lessons();
  EXPECT_EQ(counts->ham, 1u);
  EXPECT_EQ(counts->spam, 1u);
  EXPECT_NE(fold(), alone);
}

TEST_F(TeacherTest, AForgottenLessonLeavesNoTraceInTheTables) {
  teach(message(1, "pills"), MailClass::spam);
  teach(message(2, "lunch"), MailClass::ham);
  fold();
  const Blob third = message(3, "watches");
  teach(third, MailClass::spam);
  fold();
  EXPECT_EQ(*teacher_.forget({&third, 1}), 1u);
  EXPECT_EQ(*teacher_.forget({&third, 1}), 0u);
  fold();

  MemoryStore fresh;
  const std::string other = folder_.path() + "/other/personal.model";
  Teacher never(fresh, other, nullptr, system_clock());
  const std::vector<Teacher::Request> two{{message(1, "pills"), MailClass::spam, "test"},
                                          {message(2, "lunch"), MailClass::ham, "test"}};
  ASSERT_TRUE(never.teach(two));
  ASSERT_TRUE(never.catch_up());
  // Positions in the log differ; everything learnt is the same.
  EXPECT_EQ(opinions(model_), opinions(other));
}

TEST_F(TeacherTest, ADamagedModelIsFoldedAnew) {
  teach(message(1, "pills"), MailClass::spam);
  teach(message(2, "lunch"), MailClass::ham);
  const std::string whole = fold();
  for (const std::string& damaged :
       {std::string(), whole.substr(0, whole.size() / 2), "x" + whole.substr(1)}) {
    ASSERT_TRUE(write_file_atomically(model_, damaged));
    EXPECT_EQ(fold(), whole);
  }
}

TEST_F(TeacherTest, WhatACrashLeftUnfoldedIsCaughtUp) {
  teach(message(1, "pills"), MailClass::spam);
  fold();
  teach(message(2, "lunch"), MailClass::ham);
  // No fold: the process was killed here.
  Teacher next(store_, model_, nullptr, system_clock());
  ASSERT_TRUE(next.catch_up());
  const auto learner = Learner::open(model_, nullptr, 0);
  ASSERT_TRUE(learner);
  EXPECT_EQ(learner->position().last_number, 2u);
}

}  // namespace
}  // namespace postern
