#include "classify/explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "classify/base_trainer.h"
#include "classify/trainer.h"
#include "lessons.h"

namespace postern {
namespace {

Content content_of(const std::string& message) { return Content::decode(Blob::copy(message)); }

std::shared_ptr<const BaseModel> written_base() {
  std::vector<BaseExample> examples;
  for (int i = 0; i < 60; ++i) {
    examples.push_back({StoredFeatures(features_of(ham_message(i))), MailClass::ham});
    examples.push_back({StoredFeatures(features_of(spam_message(i))), MailClass::spam});
  }
  std::vector<const BaseExample*> pointers;
  for (const BaseExample& example : examples) pointers.push_back(&example);
  const std::string file = train_base_model(pointers);
  EXPECT_EQ(train_base_model(pointers), file);  // deterministic
  const auto base = BaseModel::parse(Blob::own(file), "base");
  return base ? *base : nullptr;
}

std::shared_ptr<const Model> personal(int lessons, const std::shared_ptr<const BaseModel>& base) {
  Trainer trainer(0, base);
  for (int i = 0; i < lessons; ++i) {
    trainer.learn(features_of(spam_message(i)), MailClass::spam);
    if (i % 2 == 0) trainer.learn(features_of(ham_message(i)), MailClass::ham);
  }
  const auto model = Model::parse(Blob::own(trainer.serialise({})), "model");
  return model ? *model : nullptr;
}

double sum_of(const Explanation& explanation) {
  double sum = 0;
  for (const Reason& reason : explanation.reasons) sum += reason.nats;
  return sum;
}

TEST(BaseTrainer, KnowsSpamColdFromHam) {
  const Classifier classifier(written_base(), nullptr);
  for (int i = 900; i < 910; ++i) {
    EXPECT_GT(classifier.assess(features_of(spam_message(i))).log_odds, 0);
    EXPECT_LT(classifier.assess(features_of(ham_message(i))).log_odds, -1);
  }
}

TEST(BaseModel, PartsAddUpToTheLogOdds) {
  const auto base = written_base();
  FeatureSet features = features_of(ham_message(7));
  double without = base->log_odds({});
  for (const auto& [feature, nats] : base->parts(features)) without += nats;
  EXPECT_NEAR(std::clamp(without, -8.0, 8.0), base->log_odds(features), 1e-6);
}

TEST(Explain, ReasonsAddUpToTheAnswer) {
  const auto base = written_base();
  for (const int lessons : {0, 5, 30, 80}) {
    for (const bool with_base : {false, true}) {
      const auto used_base = with_base ? base : nullptr;
      const Classifier classifier(used_base, lessons == 0 ? nullptr : personal(lessons, used_base));
      for (const std::string& message : {spam_message(500), ham_message(500), std::string()}) {
        const Explanation why = explain(classifier, content_of(message), 5);
        EXPECT_NEAR(sum_of(why), why.assessment.log_odds, 1e-9);
        EXPECT_EQ(why.assessment.log_odds, classifier.assess(features_of(message)).log_odds);
        EXPECT_LE(why.reasons.size(), 7u);
      }
    }
  }
}

TEST(Explain, NamesTheWordsThatDecided) {
  const Explanation why =
      explain(Classifier(nullptr, personal(80, nullptr)), content_of(spam_message(500)), 200);
  const auto found = std::find_if(why.reasons.begin(), why.reasons.end(),
                                  [](const Reason& one) { return one.text == "text \"reward\""; });
  ASSERT_NE(found, why.reasons.end());
  EXPECT_GT(found->nats, 0);
}

TEST(Explain, RemainderIsSmallWhenAllIsListed) {
  const Explanation why =
      explain(Classifier(nullptr, personal(80, nullptr)), content_of(spam_message(500)), 1'000'000);
  const auto rest = std::find_if(why.reasons.begin(), why.reasons.end(),
                                 [](const Reason& one) { return one.text == "everything else"; });
  ASSERT_NE(rest, why.reasons.end());
  // What is left are the constants of the scalings.
  EXPECT_LT(std::abs(rest->nats), 0.25 * std::abs(why.assessment.log_odds));
}

TEST(Explain, SaysWhenCautionHeldTheAnswerBack) {
  Trainer trainer(0);
  for (int i = 0; i < 9; ++i) trainer.learn(features_of(ham_message(i)), MailClass::ham);
  for (int i = 0; i < 40; ++i) trainer.learn(features_of(spam_message(i)), MailClass::spam);
  const auto model = Model::parse(Blob::own(trainer.serialise({})), "model");
  ASSERT_TRUE(model);
  const Explanation why = explain(Classifier(nullptr, *model), content_of(spam_message(99)));
  if (why.assessment.held_back > 0) {
    EXPECT_EQ(why.reasons.back().text, "held back: few ham lessons so far");
  }
  EXPECT_NEAR(sum_of(why), why.assessment.log_odds, 1e-9);
}

}  // namespace
}  // namespace postern
