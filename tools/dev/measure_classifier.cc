// measure_classifier INDEX [--base FILE] [--flip SHARE] [--shuffles N] [--protocol NAME]
//                    [--expected LESSONS]
// How good and how fast the classifier is on a judged corpus: in the order of the index, then in N
// seeded shuffles. Features are kept in memory (about 20 kB a message).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <numeric>
#include <string>

#include "base/hash.h"
#include "classify/classifier.h"
#include "classify/corpus_index.h"
#include "classify/evaluation.h"
#include "classify/protocol.h"
#include "classify/tokenizer.h"

namespace {

using namespace postern;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "measure_classifier: %s\n", error.detail.c_str());
  std::exit(error.exit_status());
}

struct Corpus {
  std::vector<MailClass> truth;
  std::vector<StoredFeatures> features;
};

Corpus load(const std::string& path) {
  const auto index = read_corpus_index(path);
  if (!index) fail(index.error());
  Corpus corpus;
  FeatureSet features;
  double decoding = 0, tokenizing = 0;
  std::size_t sums[4] = {};
  for (const IndexEntry& entry : *index) {
    auto message = Blob::open(entry.path);
    if (!message) fail(message.error());
    const double start = cpu_seconds();
    const Content content = Content::decode(*message);
    const double decoded = cpu_seconds();
    tokenize(content, features);
    decoding += decoded - start;
    tokenizing += cpu_seconds() - decoded;
    corpus.truth.push_back(entry.truth);
    corpus.features.emplace_back(features.view());
    const FeatureView view = features.view();
    for (const auto side : view.grams) sums[0] += side.size();
    for (const auto side : view.tokens) sums[1] += side.size();
    sums[2] += view.base.size();
    sums[3] += view.base_wide.size();
  }
  const auto count = static_cast<double>(corpus.truth.size());
  std::printf("%.0f messages: decode %.1f us, tokenize %.1f us each; features", count,
              1e6 * decoding / count, 1e6 * tokenizing / count);
  for (const std::size_t sum : sums) std::printf(" %.0f", static_cast<double>(sum) / count);
  std::printf("\n");
  return corpus;
}

// Fisher-Yates with a generator of our own, so that orders do not depend on the library.
std::vector<std::size_t> order_of(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (seed == 0) return order;
  for (std::size_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[mix64(seed * count + i) % i]);
  return order;
}

void report(const std::string& name, const std::vector<ProtocolResult>& results, double seconds) {
  std::vector<Scored> scored;
  for (const ProtocolResult& result : results) scored.push_back(result.scored);
  const ThresholdRates three = rates_at(scored, 3), four = rates_at(scored, 4);
  const auto first = [&](std::size_t n) {
    return roca_loss_percent(std::span(scored).first(std::min(n, scored.size())));
  };
  std::printf(
      "%-12s roca %.4f  sm.1 %5.2f  sm1 %5.2f  first200 %.3f first1000 %.3f  "
      "at 3: %.3f/%.2f  at 4: %.3f/%.2f  ece %.4f  %.0f us/message\n",
      name.c_str(), roca_loss_percent(scored), 100 * spam_missed_at_ham_loss(scored, 0.001).value,
      100 * spam_missed_at_ham_loss(scored, 0.01).value, first(200), first(1000),
      100 * three.ham_lost.value, 100 * three.spam_missed.value, 100 * four.ham_lost.value,
      100 * four.spam_missed.value, calibration_error(reliability(scored)),
      1e6 * seconds / static_cast<double>(results.size()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  ProtocolOptions options;
  std::uint64_t shuffles = 0;
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: measure_classifier INDEX [--base FILE] [--flip SHARE] "
                 "[--shuffles N] [--protocol NAME] [--expected LESSONS]\n");
    return 64;
  }
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string option = argv[i], value = argv[i + 1];
    if (option == "--base") {
      auto base = BaseModel::open(value);
      if (!base) fail(base.error());
      options.background = *base;
    } else if (option == "--flip") {
      options.flip = std::strtod(value.c_str(), nullptr);
    } else if (option == "--shuffles") {
      shuffles = std::strtoull(value.c_str(), nullptr, 10);
    } else if (option == "--expected") {
      options.expected_lessons = std::strtoull(value.c_str(), nullptr, 10);
    } else if (option == "--protocol") {
      options.protocol = parse_protocol(value).value_or(Protocol::online);
    }
  }
  const Corpus corpus = load(argv[1]);
  double sum = 0;
  for (std::uint64_t run = 0; run <= shuffles; ++run) {
    const std::vector<std::size_t> order = order_of(corpus.truth.size(), run);
    std::vector<MailClass> truth;
    for (const std::size_t i : order) truth.push_back(corpus.truth[i]);
    options.seed = 5000 + run;
    const double start = cpu_seconds();
    const auto results = run_protocol(options, truth, [&](std::size_t i) -> Result<FeatureView> {
      return corpus.features[order[i]].view();
    });
    if (!results) fail(results.error());
    report(run == 0 ? "index" : "shuffle " + std::to_string(run), *results, cpu_seconds() - start);
    std::vector<Scored> scored;
    for (const ProtocolResult& result : *results) scored.push_back(result.scored);
    sum += roca_loss_percent(scored);
  }
  std::printf("mean (1-ROCA)%% %.4f\n", sum / static_cast<double>(shuffles + 1));
  return 0;
}
