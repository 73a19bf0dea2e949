#include "classify/background.h"

#include <gtest/gtest.h>

#include "classify/classifier.h"
#include "classify/explain.h"
#include "classify/trainer.h"
#include "lessons.h"

namespace postern {
namespace {

// A base model that knows one word of spam_message(); it has no other opinion.
std::shared_ptr<const BaseModel> small_base(std::int8_t weight = 50) {
  const FeatureSet features = features_of(spam_message(1));
  std::vector<Feature> known(features.base.values().begin(), features.base.values().end());
  std::sort(known.begin(), known.end());
  known.resize(1);
  const BaseModel::Entry entries[] = {{static_cast<std::uint16_t>(known[0]), weight, 0}};
  const auto base =
      BaseModel::parse(Blob::own(BaseModel::serialise({0, 0.01, 0, 0, 0}, known, entries)), "base");
  EXPECT_TRUE(base);
  return *base;
}

std::shared_ptr<const Model> site_over(const Background& background) {
  Trainer trainer(60, background);
  for (int i = 0; i < 60; ++i) {
    trainer.learn(features_of(i % 2 == 0 ? ham_message(i) : spam_message(i)),
                  i % 2 == 0 ? MailClass::ham : MailClass::spam);
  }
  const auto model = Model::parse(Blob::own(trainer.serialise({})), "site");
  EXPECT_TRUE(model);
  return *model;
}

TEST(Background, OfNothingHasNoOpinion) {
  const Background nothing;

  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(nothing.id(), 0u);
  EXPECT_EQ(nothing.opinion(features_of(spam_message(1))), 0);
  EXPECT_EQ(Background(small_base()).id(), small_base()->id());
}

TEST(Background, SiteSpeaksForWhoHasTaughtNothing) {
  const auto background = Background::of(small_base(), site_over(small_base()));
  ASSERT_TRUE(background);
  const Classifier classifier(*background, nullptr);

  EXPECT_GT(classifier.assess(features_of(spam_message(100))).log_odds, 2);
  EXPECT_LT(classifier.assess(features_of(ham_message(100))).log_odds, -2);
  EXPECT_NE(background->id(), small_base()->id());
  for (const double odds : {background->opinion(features_of(spam_message(7))),
                            background->opinion(features_of(ham_message(8)))}) {
    EXPECT_LE(std::abs(odds), 8);
  }
}

TEST(Background, IsOutvotedByTheUser) {
  const Background background = *Background::of(nullptr, site_over(nullptr));
  Trainer trainer(80, background);
  // This user wants what the site calls spam, and the other way round.
  for (int i = 0; i < 80; ++i) {
    trainer.learn(features_of(i % 2 == 0 ? ham_message(i) : spam_message(i)),
                  i % 2 == 0 ? MailClass::spam : MailClass::ham);
  }

  EXPECT_LT(assess(trainer.layer(), background, features_of(spam_message(101))).log_odds, 0);
  EXPECT_GT(assess(trainer.layer(), background, features_of(ham_message(102))).log_odds, 0);
}

TEST(Background, RefusesASiteOverAnotherBase) {
  const auto site = site_over(small_base());

  EXPECT_EQ(Background::of(small_base(1), site).error().kind(), Errc::configuration);
  EXPECT_EQ(Background::of(nullptr, site).error().kind(), Errc::configuration);
  EXPECT_TRUE(Background::of(small_base(), site_over(nullptr)));
}

TEST(Background, IsRememberedByModels) {
  const Background background = *Background::of(small_base(), site_over(small_base()));
  Trainer trainer(10, background);
  trainer.learn(features_of(ham_message(1)), MailClass::ham);

  const auto model = Model::parse(Blob::own(trainer.serialise({})), "personal");

  ASSERT_TRUE(model);
  EXPECT_EQ((*model)->base_id(), background.id());
}

TEST(Background, ExplanationsAddUpAndNameTheSite) {
  const Background background = *Background::of(small_base(), site_over(small_base()));
  const Classifier classifier(background, nullptr);
  const Content content = Content::decode(Blob::own(spam_message(3)));

  const Explanation explanation = explain(classifier, content);

  double sum = 0;
  bool named = false;
  for (const Reason& reason : explanation.reasons) {
    sum += reason.nats;
    named = named || reason.text == "the site's lessons";
  }
  EXPECT_TRUE(named);
  EXPECT_NEAR(sum, explanation.assessment.log_odds, 1e-9);
}

}  // namespace
}  // namespace postern
