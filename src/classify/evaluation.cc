#include "classify/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "classify/scalar_math.h"

namespace postern {
namespace {

constexpr double bin_edges[] = {0,   0.01, 0.05, 0.1, 0.2,  0.3,  0.4, 0.5,
                                0.6, 0.7,  0.8,  0.9, 0.95, 0.99, 1};

double logit(double p) { return std::log(p / (1 - p)); }

// A rate that is neither 0 nor 1, so that it has log odds.
double open_rate(const Share& share) {
  const auto of = static_cast<double>(share.of);
  return std::clamp(share.value, 0.5 / (of + 1), (of + 0.5) / (of + 1));
}

// A copy, highest score first.
std::vector<Scored> sorted(std::span<const Scored> results) {
  std::vector<Scored> order(results.begin(), results.end());
  std::sort(order.begin(), order.end(),
            [](const Scored& a, const Scored& b) { return a.score > b.score; });
  return order;
}

std::uint64_t count_of(std::span<const Scored> results, MailClass truth) {
  return static_cast<std::uint64_t>(std::count_if(
      results.begin(), results.end(), [&](const Scored& one) { return one.truth == truth; }));
}

}  // namespace

Share share_of(std::uint64_t count, std::uint64_t of) {
  Share share{count, of, 0, 0, 1};
  if (of == 0) return share;
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(of);
  const double p = static_cast<double>(count) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  share.value = p;
  share.low = count == 0 ? 0 : std::max(0.0, centre - half);
  share.high = count == of ? 1 : std::min(1.0, centre + half);
  return share;
}

double roca_loss_percent(std::span<const Scored> results) {
  const std::vector<Scored> order = sorted(results);
  double above = 0;  // pairs of a ham above a spam, twice
  std::uint64_t ham_before = 0, spam_before = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::uint64_t ham = 0, spam = 0;
    const double score = order[i].score;
    for (; i < order.size() && order[i].score == score; ++i) {
      ++(order[i].truth == MailClass::ham ? ham : spam);
    }
    above += static_cast<double>(spam * (2 * ham_before + ham));
    ham_before += ham;
    spam_before += spam;
  }
  if (ham_before == 0 || spam_before == 0) return std::numeric_limits<double>::quiet_NaN();
  return 100 * above / (2 * static_cast<double>(ham_before) * static_cast<double>(spam_before));
}

RocaLoss roca_loss(std::span<const Scored> results) {
  const double percent = roca_loss_percent(results);
  RocaLoss loss{percent, percent, percent};
  const std::vector<Scored> order = sorted(results);
  const std::uint64_t counts[] = {count_of(results, MailClass::ham),
                                  count_of(results, MailClass::spam)};
  const double error = percent / 100;
  if (counts[0] < 2 || counts[1] < 2 || !(error > 0 && error < 1)) return loss;
  // For each message the share of the other class on its wrong side; their variances by class.
  double squares[2] = {0, 0};
  std::uint64_t before[2] = {0, 0};
  for (std::size_t i = 0; i < order.size();) {
    std::uint64_t tied[2] = {0, 0};
    const double score = order[i].score;
    for (; i < order.size() && order[i].score == score; ++i) {
      ++tied[static_cast<std::size_t>(order[i].truth)];
    }
    const double spam_above = static_cast<double>(before[1]) + static_cast<double>(tied[1]) / 2;
    const double ham_above = static_cast<double>(before[0]) + static_cast<double>(tied[0]) / 2;
    const double off_ham = 1 - spam_above / static_cast<double>(counts[1]) - error;
    const double off_spam = ham_above / static_cast<double>(counts[0]) - error;
    squares[0] += static_cast<double>(tied[0]) * off_ham * off_ham;
    squares[1] += static_cast<double>(tied[1]) * off_spam * off_spam;
    before[0] += tied[0];
    before[1] += tied[1];
  }
  double variance = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto count = static_cast<double>(counts[i]);
    variance += squares[i] / (count - 1) / count;
  }
  const double spread = 1.959964 * std::sqrt(variance) / (error * (1 - error));
  loss.low = 100 / (1 + std::exp(spread - logit(error)));
  loss.high = 100 / (1 + std::exp(-spread - logit(error)));
  return loss;
}

ThresholdRates rates_at(std::span<const Scored> results, double threshold) {
  std::uint64_t lost = 0, missed = 0;
  for (const Scored& one : results) {
    const bool called_spam = one.score >= threshold;
    lost += one.truth == MailClass::ham && called_spam;
    missed += one.truth == MailClass::spam && !called_spam;
  }
  const std::uint64_t ham = count_of(results, MailClass::ham);
  ThresholdRates rates{threshold, share_of(lost, ham), share_of(missed, results.size() - ham), 0};
  const double mean = (logit(open_rate(rates.ham_lost)) + logit(open_rate(rates.spam_missed))) / 2;
  rates.lam_percent = 100 / (1 + std::exp(-mean));
  return rates;
}

double threshold_for_ham_loss(std::span<const Scored> results, double ham_loss) {
  const auto ham = static_cast<double>(count_of(results, MailClass::ham));
  // A hair more, so that 0.001 * 1000 allows one ham whatever the rounding.
  auto allowed = static_cast<std::uint64_t>(ham_loss * ham + 1e-9);
  for (const Scored& one : sorted(results)) {
    if (one.truth == MailClass::ham && allowed-- == 0) return one.score;
  }
  return -std::numeric_limits<double>::infinity();
}

Share spam_missed_at_ham_loss(std::span<const Scored> results, double ham_loss) {
  const double limit = threshold_for_ham_loss(results, ham_loss);
  std::uint64_t missed = 0;
  for (const Scored& one : results) missed += one.truth == MailClass::spam && one.score <= limit;
  return share_of(missed, count_of(results, MailClass::spam));
}

std::vector<ReliabilityBin> reliability(std::span<const Scored> results) {
  std::vector<ReliabilityBin> bins;
  for (std::size_t i = 0; i + 1 < std::size(bin_edges); ++i) {
    bins.push_back({bin_edges[i], bin_edges[i + 1], 0, 0, 0});
  }
  for (const Scored& one : results) {
    const double p = sigmoid(one.score);
    const auto* const edge = std::upper_bound(std::begin(bin_edges), std::end(bin_edges) - 1, p);
    ReliabilityBin& bin = bins[static_cast<std::size_t>(edge - std::begin(bin_edges)) - 1];
    ++bin.messages;
    bin.promised += p;
    bin.true_share += one.truth == MailClass::spam;
  }
  for (ReliabilityBin& bin : bins) {
    if (bin.messages == 0) continue;
    bin.promised /= static_cast<double>(bin.messages);
    bin.true_share /= static_cast<double>(bin.messages);
  }
  return bins;
}

double calibration_error(std::span<const ReliabilityBin> bins) {
  double sum = 0, messages = 0;
  for (const ReliabilityBin& bin : bins) {
    const auto weight = static_cast<double>(bin.messages);
    sum += weight * std::fabs(bin.promised - bin.true_share);
    messages += weight;
  }
  return messages == 0 ? 0 : sum / messages;
}

std::vector<RocPoint> roc_curve(std::span<const Scored> results) {
  const std::vector<Scored> order = sorted(results);
  const auto ham = static_cast<double>(count_of(results, MailClass::ham));
  const double spam = static_cast<double>(results.size()) - ham;
  std::vector<RocPoint> points{{0, 0}};
  double lost = 0, caught = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    ++(order[i].truth == MailClass::ham ? lost : caught);
    if (i + 1 < order.size() && order[i + 1].score == order[i].score) continue;
    points.push_back({ham == 0 ? 0 : lost / ham, spam == 0 ? 0 : caught / spam});
  }
  return points;
}

}  // namespace postern
