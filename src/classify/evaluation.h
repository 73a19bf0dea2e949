// Evaluation: how good a filter is, from its scores and the truth.
//
// The measures are those of the TREC spam tracks (Cormack and Lynam, 2005). Ties count exactly:
// half an error for the curve, an error for a threshold. Thread rule: free functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/mail_class.h"

namespace postern {

struct Scored {
  double score = 0;  // higher is spammier
  MailClass truth = MailClass::ham;
};

// A share with its 95 % interval (Wilson, 1927), all in 0..1.
struct Share {
  std::uint64_t count = 0, of = 0;
  double value = 0, low = 0, high = 1;
};
Share share_of(std::uint64_t count, std::uint64_t of);

// (1-ROCA)%: the chance in percent that a random ham scores above a random spam.
// NaN when a class is missing.
double roca_loss_percent(std::span<const Scored> results);

// The same with its 95 % interval: DeLong, DeLong and Clarke-Pearson (1988), on the scale of log
// odds, so that it stays within 0..100. An error of none has no interval: low and high are it.
struct RocaLoss {
  double percent = 0, low = 0, high = 0;
};
RocaLoss roca_loss(std::span<const Scored> results);

// What a threshold does: spam is what scores at or above it.
struct ThresholdRates {
  double threshold = 0;
  Share ham_lost;     // ham called spam
  Share spam_missed;  // spam not called spam
  // lam%: the mean of both rates on the scale of log odds, in percent; a rate of none is taken as
  // half a message.
  double lam_percent = 0;
};
ThresholdRates rates_at(std::span<const Scored> results, double threshold);

// The spam missed when the threshold is the lowest that loses at most this share of the ham.
// The threshold lies just above a ham's score, so spam with that very score is missed. The interval
// is that of the share at this threshold; that the threshold itself is uncertain is not in it.
Share spam_missed_at_ham_loss(std::span<const Scored> results, double ham_loss);

// The lowest threshold that loses at most this share of the ham: messages that score above it, not
// at it, are caught. -infinity when no ham stands in the way.
double threshold_for_ham_loss(std::span<const Scored> results, double ham_loss);

// One row of the reliability table: messages whose probability (sigmoid of the score) lies in
// [from, to), what was promised and what was true.
struct ReliabilityBin {
  double from = 0, to = 1;
  std::uint64_t messages = 0;
  double promised = 0;    // mean probability
  double true_share = 0;  // of spam
};
std::vector<ReliabilityBin> reliability(std::span<const Scored> results);
// Mean distance between promised and true, weighted by messages.
double calibration_error(std::span<const ReliabilityBin> bins);

// A point of the ROC curve: at some threshold.
struct RocPoint {
  double ham_lost = 0, spam_caught = 0;
};
// From (0, 0) to (1, 1), one point for each distinct score.
std::vector<RocPoint> roc_curve(std::span<const Scored> results);

}  // namespace postern
