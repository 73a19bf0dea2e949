#include "classify/model.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>

#include "base/file.h"
#include "classify/classifier.h"
#include "classify/trainer.h"
#include "lessons.h"

namespace postern {
namespace {

Trainer some_lessons() {
  Trainer trainer(0);
  for (int i = 0; i < 12; ++i) {
    trainer.learn(features_of(ham_message(i)), MailClass::ham);
    trainer.learn(features_of(spam_message(i)), MailClass::spam);
  }
  return trainer;
}

// A model with tables of a few slots, so that a test can damage each octet.
std::string tiny_model() {
  const Trainer trainer = some_lessons();
  const LayerView layer = trainer.layer();
  const std::vector<float> gradients(16, 0.5f);
  return serialise_model({layer.state, layer.weights.first(16), layer.counts.first(16)}, gradients,
                         {7, 1}, 0);
}

std::string error_of(std::string bytes) {
  const auto model = Model::parse(Blob::own(std::move(bytes)), "m.model");
  return model ? std::string() : model.error().detail;
}

TEST(Model, SaysWhatTheTrainerSaid) {
  const Trainer trainer = some_lessons();
  const auto model = Model::parse(Blob::own(trainer.serialise({42, 3})), "m.model");
  ASSERT_TRUE(model);
  EXPECT_EQ((*model)->basis(), (ModelBasis{42, 3}));
  EXPECT_EQ((*model)->lessons(MailClass::ham), 12u);
  EXPECT_EQ((*model)->lessons(MailClass::spam), 12u);
  const Classifier classifier(nullptr, *model);
  for (int i = 50; i < 60; ++i) {
    const FeatureSet features = features_of(spam_message(i));
    EXPECT_EQ(classifier.assess(features).log_odds,
              assess(trainer.layer(), nullptr, features).log_odds);
  }
}

TEST(Model, SavesAndOpensAFile) {
  char folder[] = "/tmp/postern-model-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/user.model";
  const Trainer trainer = some_lessons();
  ASSERT_TRUE(trainer.save(path, {24, 0}));
  const auto model = Model::open(path);
  ASSERT_TRUE(model);
  EXPECT_EQ((*model)->basis().last_number, 24u);
  EXPECT_TRUE(Model::open(path, Verify::header));
  ::unlink(path.c_str());
  ::rmdir(folder);
}

TEST(Model, MissingFileIsNoInput) {
  const auto model = Model::open("/nonexistent/user.model");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind(), Errc::no_input);
}

TEST(Model, EveryDamagedOctetIsNoticed) {
  const std::string good = tiny_model();
  ASSERT_EQ(error_of(good), "");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int change : {1, 0x80, 0xFF}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      EXPECT_NE(error_of(bad), "") << at;
    }
  }
}

TEST(Model, EveryCutAndEveryTailIsNoticed) {
  const std::string good = tiny_model();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(error_of(good.substr(0, size)), "") << size;
  }
  EXPECT_NE(error_of(good + '\0'), "");
}

TEST(Model, ErrorsSayWhatIsWrong) {
  std::string newer = tiny_model();
  newer[8] = 9;
  EXPECT_NE(error_of(newer).find("newer than this program"), std::string::npos);
  EXPECT_NE(error_of("From: a@b\n\nhello").find("begins with other octets"), std::string::npos);
  std::string torn = tiny_model();
  torn.back() = static_cast<char>(torn.back() ^ 1);
  EXPECT_NE(error_of(torn).find("m.model"), std::string::npos);
  EXPECT_NE(error_of(torn).find("tables are damaged"), std::string::npos);
}

TEST(Model, DamageThatTheHeaderCheckLetsThroughNeverCrashes) {
  const std::string good = some_lessons().serialise({});
  std::string bad = good;
  for (std::size_t at = 1024; at < bad.size(); ++at) bad[at] = static_cast<char>(0xFF);  // NaNs
  const auto model = Model::parse(Blob::own(std::move(bad)), "m.model", Verify::header);
  ASSERT_TRUE(model);
  EXPECT_FALSE((*model)->verify("m.model"));
  const double odds = Classifier(nullptr, *model).assess(features_of(spam_message(1))).log_odds;
  EXPECT_EQ(odds, odds);
}

TEST(Classifier, WithoutAnyModelIsUndecided) {
  const Classifier classifier(nullptr, nullptr);
  EXPECT_EQ(classifier.assess(features_of(spam_message(1))).log_odds, 0);
}

std::string tiny_base() {
  const Feature features[] = {0x00010002, 0x00010005, 0xFFFF0001};
  const BaseModel::Entry entries[] = {{2, 100, 50}, {5, -20, 0}, {1, 10, -100}};
  return BaseModel::serialise({0.5, 0.01, 0.0625, 1, 0.25}, features, entries);
}

TEST(BaseModel, AddsUpWeightsAndClaims) {
  const auto base = BaseModel::parse(Blob::own(tiny_base()), "base");
  ASSERT_TRUE(base);
  const Feature known[] = {0x00010002, 0x00020002, 0xFFFF0001};
  const Feature wide[] = {0x00010005};
  // regression .5 + .01 * (100 + 10 - 20), claims .0625 * (50 - 100) / sqrt 2, shift .25
  EXPECT_NEAR((*base)->log_odds({{}, {}, known, wide}), 0.5 + 0.9 - 3.125 / std::sqrt(2) - 0.25,
              1e-9);
  const Feature unknown[] = {0x77777777};
  EXPECT_NEAR((*base)->log_odds({{}, {}, unknown, {}}), 0.25, 1e-9);
  EXPECT_EQ((*base)->log_odds({}), 0);  // no features, no opinion
}

TEST(BaseModel, EveryDamagedHeaderAndEntryIsNoticed) {
  const std::string good = tiny_base();
  for (std::size_t at = 0; at < good.size(); at += at < 256 ? 1 : 977) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_FALSE(BaseModel::parse(Blob::own(std::move(bad)), "base")) << at;
  }
  EXPECT_FALSE(BaseModel::parse(Blob::own(good.substr(0, good.size() - 4)), "base"));
}

}  // namespace
}  // namespace postern
