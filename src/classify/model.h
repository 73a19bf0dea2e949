// Model: a personal model on disk: the fold of somebody's lessons, mapped and immutable.
//
// Format: MODEL_FORMAT.md. Opening checks everything that a crash, a torn copy or a bad disk can
// do; a file that is not exactly what a Trainer saved is an Error, never a wrong answer.
//
// Thread rule: const after open(), so share for reading. A newer file replaces the old one by
// rename (Trainer::save); who has the old one open goes on with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/blob.h"
#include "base/result.h"
#include "classify/layer.h"

namespace postern {

// Which lessons a model has learnt; the caller gives the numbers their meaning.
struct ModelBasis {
  std::uint64_t last_number = 0;  // the newest lesson of the log, active or not
  std::uint64_t revocations = 0;  // lessons taken back so far
  friend bool operator==(const ModelBasis&, const ModelBasis&) = default;
};

// How much of a file open() reads. Checking everything costs about 0.25 ms a megabyte; the header
// alone takes some microseconds whatever the size, for who opens thousands of models.
enum class Verify : std::uint8_t { everything, header };

class Model {
 public:
  // no_input when there is no file, bad_data when it is damaged, foreign, or of another version;
  // the cure of the latter is to fold the lessons anew.
  static Result<std::shared_ptr<const Model>> open(const std::string& path,
                                                   Verify verify = Verify::everything);
  static Result<std::shared_ptr<const Model>> parse(Blob file, const std::string& name,
                                                    Verify verify = Verify::everything);

  // What Verify::header left out: the checksums of the tables.
  Result<void> verify(const std::string& name) const;

  const ModelBasis& basis() const { return basis_; }
  // Background::id() of what the lessons were folded over; 0 is none.
  std::uint64_t base_id() const { return base_id_; }
  // Identifies these very contents (for what depends on them, such as stored verdicts).
  std::uint64_t id() const { return id_; }
  std::uint64_t lessons(MailClass taught) const {
    return state_.lessons[static_cast<std::size_t>(taught)];
  }
  // Share of the recent lessons that the model thinks wrong, 0..1.
  double doubt() const { return state_.doubt; }
  std::size_t file_size() const { return file_.size(); }

  // For Classifier and Trainer.
  const LayerState& state() const { return state_; }
  LayerView layer() const { return {&state_, weights_, counts_, &small_}; }
  std::span<const float> gradients() const { return gradients_; }

 private:
  Model() = default;

  Blob file_;
  LayerState state_;
  ModelBasis basis_;
  std::uint64_t base_id_ = 0, id_ = 0;
  std::uint64_t sums_[3] = {};
  std::span<const float> weights_, gradients_;
  std::span<const TokenCount> counts_;
  EvidenceTable small_;
};

// The file's octets for a layer; `gradients` are the regression's sums of squared gradients.
std::string serialise_model(const LayerView& layer, std::span<const float> gradients,
                            const ModelBasis& basis, std::uint64_t base_id);

}  // namespace postern
