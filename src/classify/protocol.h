// Protocols: the ways in which a filter is tried on a sequence of judged messages.
//
// Each gives one score for each message that it judges, always before the message is taught.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "classify/background.h"
#include "classify/evaluation.h"
#include "classify/feature_set.h"
#include "classify/model.h"

namespace postern {

enum class Protocol : std::uint8_t {
  online,   // judge, then teach the truth, one message after another
  half,     // teach the first half, then judge the second
  cold,     // judge only
  delayed,  // as online, but the truth comes `delay` messages later
  onerror,  // as online, but taught only when the answer was wrong or unsure
};

std::optional<Protocol> parse_protocol(std::string_view name);

struct ProtocolOptions {
  Protocol protocol = Protocol::online;
  std::size_t delay = 500;  // for delayed
  Background background;
  // Begin with what this model knows (folded over `background`); null begins with nothing.
  std::shared_ptr<const Model> personal;
  // For onerror: the log odds from which a message is called spam, and from which unsure.
  double spam_from = 3, unsure_from = -1;
  double flip = 0;         // share of the lessons that are taught wrongly, 0..1
  std::uint64_t seed = 0;  // which ones
  // Tables for so many lessons from the start. A model that outgrows its tables is folded anew, as
  // a user's is.
  std::uint64_t expected_lessons = 0;
  // Called after each message with the number judged or taught so far; may be empty.
  std::function<void(std::size_t done, std::size_t of)> progress;
};

// Gives the features of message `i`; the view is good until the next call. Called again for the
// same message when a growing model is folded anew.
using FeatureSource = std::function<Result<FeatureView>(std::size_t i)>;

// A judged message: `index` into the sequence.
struct ProtocolResult {
  std::size_t index = 0;
  Scored scored;
};

// Runs over messages 0..truth.size(). Fails only when the source does.
Result<std::vector<ProtocolResult>> run_protocol(const ProtocolOptions& options,
                                                 std::span<const MailClass> truth,
                                                 const FeatureSource& source);

}  // namespace postern
