// Learner: folds lessons into a personal model.
//
// A lesson is learnt from its content (lesson_content), never from the message itself, so that
// replaying the log gives the same model to the bit.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/blob.h"
#include "base/mail_class.h"
#include "base/result.h"
#include "classify/background.h"
#include "classify/feature_set.h"

namespace postern {

// How far into the lesson log a model has come (state/state_store.h LessonLogPosition).
struct FoldPosition {
  std::uint64_t last_number = 0;
  std::uint64_t revocations = 0;
  friend bool operator==(const FoldPosition&, const FoldPosition&) = default;
};

// 64 hex digits that name a message whatever its line ends, label, and mailbox fields (Status,
// X-UID and the like) are: the identity of a lesson.
std::string lesson_digest(const Blob& message);

// The bounded part of a message that the classifier reads; what the log keeps.
Blob lesson_content(const Blob& message);

class Learner {
 public:
  // Knows nothing yet; tables for so many lessons.
  static Learner empty(Background background, std::uint64_t lessons, std::uint64_t revocations);
  // Goes on from the model file; nothing when it is missing or damaged, or was made before lessons
  // were taken back or over another background: then the log is folded anew.
  static std::optional<Learner> open(const std::string& model_path, Background background,
                                     std::uint64_t revocations);
  Learner(Learner&&) noexcept;
  Learner& operator=(Learner&&) noexcept;
  ~Learner();

  FoldPosition position() const;
  // Lessons learnt so far.
  std::uint64_t lessons() const;
  // There are more lessons than the tables are made for: fold them anew into larger ones.
  bool outgrown() const;

  // What was thought of the message before it was taught, and whether the lesson contradicts that
  // so strongly that it may be wrong.
  struct Effect {
    double log_odds = 0;
    bool doubtful = false;
  };
  Effect learn(const Blob& content, MailClass taught);

  // What is thought of a message now: calibrated log odds of spam.
  double log_odds(const Blob& content);
  // Features of the message last learnt or judged; good until the next one.
  FeatureView last_features() const;
  // Share of the recent lessons that look wrong, 0..1.
  double doubt() const;

  // Everything of the log up to here is learnt.
  void reached(FoldPosition position);

  // Replaces the file in one step.
  Result<void> save(const std::string& model_path) const;

 private:
  struct Impl;
  explicit Learner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
