#include "eval_report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace postern {
namespace {

// The measures of one order.
struct Measures {
  RocaLoss roca;
  Share missed_at_01, missed_at_1;
  ThresholdRates spam, unsure;
};

Measures measure(const std::vector<Scored>& results, const Policy& policy) {
  return {roca_loss(results), spam_missed_at_ham_loss(results, 0.001),
          spam_missed_at_ham_loss(results, 0.01), rates_at(results, log_odds_of(policy.spam_from)),
          rates_at(results, log_odds_of(policy.unsure_from))};
}

std::string percent(const Share& share) {
  return fmt::format("{:.2f} % ({:.2f} to {:.2f}; {} of {})", share.value * 100, share.low * 100,
                     share.high * 100, share.count, share.of);
}

void print_threshold(const char* name, const ThresholdRates& rates) {
  fmt::print("{:<30} ham lost {}, spam missed {}, lam {:.3f} %\n", name, percent(rates.ham_lost),
             percent(rates.spam_missed), rates.lam_percent);
}

void print_measures(const Measures& found) {
  fmt::print("(1-ROCA)%                      {:.4f} ({:.4f} to {:.4f})\n", found.roca.percent,
             found.roca.low, found.roca.high);
  fmt::print("spam missed at 0.1 % ham loss  {}\n", percent(found.missed_at_01));
  fmt::print("spam missed at 1 % ham loss    {}\n", percent(found.missed_at_1));
  print_threshold("called spam (default)", found.spam);
  print_threshold("called spam or unsure", found.unsure);
}

void print_row(const std::string& name, double roca, double lam, double missed_01,
               double missed_1) {
  fmt::print("{:<8} {:>9.4f} {:>8.3f} {:>9.2f} {:>9.2f}\n", name, roca, lam, missed_01 * 100,
             missed_1 * 100);
}

void print_orders(const std::vector<Measures>& all) {
  fmt::print("order    (1-ROCA)%    lam%  missed.1%  missed1%\n");
  double roca = 0, lam = 0, missed_01 = 0, missed_1 = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    print_row(std::to_string(i), all[i].roca.percent, all[i].spam.lam_percent,
              all[i].missed_at_01.value, all[i].missed_at_1.value);
    roca += all[i].roca.percent;
    lam += all[i].spam.lam_percent;
    missed_01 += all[i].missed_at_01.value;
    missed_1 += all[i].missed_at_1.value;
  }
  const auto count = static_cast<double>(all.size());
  print_row("mean", roca / count, lam / count, missed_01 / count, missed_1 / count);
}

void print_reliability(const std::vector<Scored>& results) {
  fmt::print("probability   messages  promised  true\n");
  const std::vector<ReliabilityBin> bins = reliability(results);
  for (const ReliabilityBin& bin : bins) {
    if (bin.messages == 0) continue;
    fmt::print("{:.2f} to {:.2f}  {:>8}  {:>8.4f}  {:.4f}\n", bin.from, bin.to, bin.messages,
               bin.promised, bin.true_share);
  }
  fmt::print("calibration error              {:.4f}\n", calibration_error(bins));
}

struct KindCounts {
  std::uint64_t labels[3] = {0, 0, 0};  // by Label: ham, unsure, spam
  std::uint64_t total() const { return labels[0] + labels[1] + labels[2]; }
};

// By class and kind; messages without a kind are "-".
std::map<std::pair<std::string, std::string>, KindCounts> count_kinds(
    const std::vector<EvalRun>& runs, const Policy& policy) {
  std::map<std::pair<std::string, std::string>, KindCounts> kinds;
  for (const EvalRun& run : runs) {
    for (std::size_t i = 0; i < run.kinds.size(); ++i) {
      const Scored& one = run.results[i];
      const std::string& kind = run.kinds[i].empty() ? "-" : run.kinds[i];
      const Label label = policy.label_of(points_of_nats(one.score));
      ++kinds[{std::string(to_string(one.truth)), kind}].labels[static_cast<std::size_t>(label)];
    }
  }
  return kinds;
}

void print_kinds(const std::vector<EvalRun>& runs, const Policy& policy) {
  if (runs.front().kinds.empty()) return;
  fmt::print("class  kind                      messages    ham  unsure   spam  (%)\n");
  for (const auto& [name, counts] : count_kinds(runs, policy)) {
    const double unit = 100 / static_cast<double>(counts.total());
    fmt::print("{:<6} {:<25} {:>8} {:>6.1f} {:>7.1f} {:>6.1f}\n", name.first, name.second,
               counts.total(), static_cast<double>(counts.labels[0]) * unit,
               static_cast<double>(counts.labels[1]) * unit,
               static_cast<double>(counts.labels[2]) * unit);
  }
}

std::vector<Scored> pooled(const std::vector<EvalRun>& runs) {
  std::vector<Scored> all;
  for (const EvalRun& run : runs) all.insert(all.end(), run.results.begin(), run.results.end());
  return all;
}

double speed(const std::vector<EvalRun>& runs) {
  double messages = 0, seconds = 0;
  for (const EvalRun& run : runs) {
    messages += static_cast<double>(run.results.size());
    seconds += run.cpu_seconds;
  }
  return messages / std::max(seconds, 1e-9);
}

// JSON has no NaN: a measure that a missing class leaves undefined is null.
boost::json::value number(double value) {
  return std::isfinite(value) ? boost::json::value(value) : boost::json::value(nullptr);
}

boost::json::object to_json(const Share& share) {
  return {{"count", share.count},
          {"of", share.of},
          {"value", share.value},
          {"low", share.low},
          {"high", share.high}};
}

boost::json::object to_json(const ThresholdRates& rates) {
  return {{"log_odds", rates.threshold},
          {"ham_lost", to_json(rates.ham_lost)},
          {"spam_missed", to_json(rates.spam_missed)},
          {"lam_percent", rates.lam_percent}};
}

boost::json::object to_json(const Measures& found) {
  return {{"roca_loss_percent", number(found.roca.percent)},
          {"roca_loss_low", number(found.roca.low)},
          {"roca_loss_high", number(found.roca.high)},
          {"spam_missed_at_0.1_percent_ham_loss", to_json(found.missed_at_01)},
          {"spam_missed_at_1_percent_ham_loss", to_json(found.missed_at_1)},
          {"spam_threshold", to_json(found.spam)},
          {"unsure_threshold", to_json(found.unsure)}};
}

}  // namespace

double log_odds_of(MilliPoints points) { return points / 1000.0 * nats_per_point; }

std::uint64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void print_eval_report(const std::vector<EvalRun>& runs, const Policy& policy) {
  std::vector<Measures> measures;
  for (const EvalRun& run : runs) measures.push_back(measure(run.results, policy));
  fmt::print("messages                       {}\n", runs.front().results.size());
  print_measures(measures.front());
  if (runs.size() > 1) print_orders(measures);
  print_reliability(pooled(runs));
  print_kinds(runs, policy);
  fmt::print("messages a second of CPU       {:.0f}\n", speed(runs));
  fmt::print("peak memory                    {:.1f} MB\n",
             static_cast<double>(peak_memory()) / 1e6);
}

boost::json::object eval_report_json(const std::vector<EvalRun>& runs, const Policy& policy) {
  boost::json::array orders;
  for (const EvalRun& run : runs) orders.push_back(to_json(measure(run.results, policy)));
  boost::json::array bins;
  const std::vector<Scored> all = pooled(runs);
  const std::vector<ReliabilityBin> table = reliability(all);
  for (const ReliabilityBin& bin : table) {
    if (bin.messages == 0) continue;
    bins.push_back({{"from", bin.from},
                    {"to", bin.to},
                    {"messages", bin.messages},
                    {"promised", bin.promised},
                    {"true", bin.true_share}});
  }
  boost::json::array kinds;
  for (const auto& [name, counts] : count_kinds(runs, policy)) {
    kinds.push_back({{"class", name.first},
                     {"kind", name.second},
                     {"ham", counts.labels[0]},
                     {"unsure", counts.labels[1]},
                     {"spam", counts.labels[2]}});
  }
  return {{"messages", runs.front().results.size()},
          {"orders", std::move(orders)},
          {"reliability", std::move(bins)},
          {"calibration_error", calibration_error(table)},
          {"kinds", std::move(kinds)},
          {"messages_per_cpu_second", speed(runs)},
          {"peak_memory", peak_memory()}};
}

}  // namespace postern
