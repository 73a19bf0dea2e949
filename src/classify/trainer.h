// Trainer: learns lessons one after another and saves what it knows as a Model.
//
// A fold: the same lessons in the same order over the same base give the same octets. A lesson is
// taken back by folding the others anew. RECIPE of a lesson, in short: the scalings and the
// calibration learn from each; the tables only from those that they do not know for certain yet
// (or while a class has few); a lesson that the whole model contradicts strongly counts for less,
// and none may move the regression by more than a fixed amount, so that wrong lessons cost little.
//
// Thread rule: one thread at a time. Memory: the tables, 0.4 to 24 MB by number of lessons.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mail_class.h"
#include "base/result.h"
#include "classify/background.h"
#include "classify/model.h"

namespace postern {

class Trainer {
 public:
  // Starts without lessons, with tables for that many. With a background, the
  // calibration is learnt for the sum of both opinions.
  explicit Trainer(std::uint64_t expected_lessons, Background background = {});
  // Goes on where a model ended. Pass the background that it was folded over (Model::base_id).
  explicit Trainer(const Model& model, Background background = {});

  // What was thought of the message before it was taught, and what the lesson did.
  struct Effect {
    double log_odds = 0;      // of spam, before
    bool remembered = false;  // wrote to the tables
    bool doubtful = false;    // contradicts the model so strongly that the lesson may be wrong
  };
  Effect learn(const FeatureView& features, MailClass taught);

  std::uint64_t lessons() const { return state_.total(); }
  // True when there are more lessons than the tables are made for. The model still works; fold all
  // lessons into a new Trainer(lessons()) to regain its accuracy.
  bool outgrown() const;

  // Replaces the file in one step; a crash leaves the old or the new one.
  Result<void> save(const std::string& path, const ModelBasis& basis) const;
  std::string serialise(const ModelBasis& basis) const;

  // Valid until the next learn().
  LayerView layer() const { return {&state_, weights_, counts_, nullptr}; }
  const Background& background() const { return background_; }

 private:
  void fit_scalings(const Reading& reading, MailClass taught, double weight);
  void learn_grams(std::span<const Feature> grams, double error);
  void count_tokens(std::span<const Feature> tokens, MailClass taught);

  Background background_;
  LayerState state_;
  std::vector<float> weights_, gradients_;
  std::vector<TokenCount> counts_;
};

}  // namespace postern
