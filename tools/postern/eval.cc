// postern eval
#include <fmt/format.h>
#include <time.h>

#include <map>

#include "base/file.h"
#include "classify/corpus_index.h"
#include "classify/evaluation.h"
#include "classify/protocol.h"
#include "classify/tokenizer.h"
#include "commands.h"
#include "filter/labeler.h"
#include "filter/verdict.h"
#include "progress.h"

namespace postern {
namespace {

// The messages of all indexes, in order, decoded when they are asked for.
class Corpus {
 public:
  static Result<Corpus> open(const std::vector<std::string>& indexes) {
    Corpus corpus;
    for (const std::string& path : indexes) {
      auto entries = read_corpus_index(path);
      if (!entries) return entries.error();
      for (IndexEntry& entry : *entries) {
        corpus.truth_.push_back(entry.truth);
        corpus.paths_.push_back(std::move(entry.path));
      }
    }
    if (corpus.paths_.empty()) {
      return Error(Errc::no_input, "the index names no message");
    }
    return corpus;
  }

  Result<FeatureView> features(std::size_t i) {
    const Result<Blob> message = Blob::open(paths_[i]);
    if (!message) return message.error();
    tokenize(Content::decode(Labeler::strip(*message)), features_);
    return features_.view();
  }

  const std::vector<MailClass>& truth() const { return truth_; }
  const std::string& path(std::size_t i) const { return paths_[i]; }

 private:
  std::vector<MailClass> truth_;
  std::vector<std::string> paths_;
  FeatureSet features_;
};

// What the lessons of a state have taught, if one is named.
Result<std::shared_ptr<const Model>> personal_model(const EvalOptions& options) {
  if (options.state.empty()) return std::shared_ptr<const Model>();
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return store.error();
  const auto base = load_base_model(options.base_model);
  if (!base) return base.error();
  return current_model(folder, **store, *base);
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string percent(const Share& share) {
  return fmt::format("{:.2f} % ({:.2f} to {:.2f}; {} of {})", share.value * 100, share.low * 100,
                     share.high * 100, share.count, share.of);
}

void print_threshold(std::span<const Scored> results, const char* name, double threshold) {
  const ThresholdRates rates = rates_at(results, threshold);
  fmt::print("{:<28} ham lost {}, spam missed {}, lam {:.3f} %\n", name, percent(rates.ham_lost),
             percent(rates.spam_missed), rates.lam_percent);
}

void print_report(std::span<const Scored> results, double cpu) {
  const Policy policy;
  fmt::print("messages                     {}\n", results.size());
  fmt::print("(1-ROCA)%                    {:.4f}\n", roca_loss_percent(results));
  fmt::print("spam missed at 0.1 % ham loss  {}\n",
             percent(spam_missed_at_ham_loss(results, 0.001)));
  fmt::print("spam missed at 1 % ham loss    {}\n",
             percent(spam_missed_at_ham_loss(results, 0.01)));
  print_threshold(results, "called spam (default)", policy.spam_from / 1000.0 * nats_per_point);
  print_threshold(results, "called spam or unsure", policy.unsure_from / 1000.0 * nats_per_point);
  fmt::print("probability   messages  promised  true\n");
  const std::vector<ReliabilityBin> bins = reliability(results);
  for (const ReliabilityBin& bin : bins) {
    if (bin.messages == 0) continue;
    fmt::print("{:.2f} to {:.2f}  {:>8}  {:>8.4f}  {:.4f}\n", bin.from, bin.to, bin.messages,
               bin.promised, bin.true_share);
  }
  fmt::print("calibration error            {:.4f}\n", calibration_error(bins));
  fmt::print("messages a second of CPU     {:.0f}\n",
             static_cast<double>(results.size()) / std::max(cpu, 1e-9));
}

// Numbers as people and tools both read them, in points of the ledger's scale nowhere: log odds.
Result<void> write_scores(const std::string& path, const Corpus& corpus,
                          const std::vector<ProtocolResult>& results) {
  std::string text;
  for (const ProtocolResult& result : results) {
    text += fmt::format("{}\t{:.6f}\t{}\n", to_string(result.scored.truth), result.scored.score,
                        corpus.path(result.index));
  }
  return write_file_atomically(path, text, 0644);
}

}  // namespace

int run_eval(const EvalOptions& options) {
  const auto protocol = parse_protocol(options.protocol);
  if (!protocol) {
    return fail({Errc::usage, "there is no protocol '" + options.protocol +
                                  "'; use online, half, cold, delayed or onerror"});
  }
  Result<Corpus> corpus = Corpus::open(options.indexes);
  if (!corpus) return fail(corpus.error());
  const auto base = load_base_model(options.base_model);
  if (!base) return fail(base.error());

  const auto personal = personal_model(options);
  if (!personal) return fail(personal.error());

  ProgressBar bar("measuring");
  ProtocolOptions how;
  how.protocol = *protocol;
  how.delay = options.delay;
  how.base = *base;
  how.personal = *personal;
  how.flip = options.flip;
  how.seed = options.seed;
  how.progress = [&](std::size_t done, std::size_t of) { bar.show(done, of); };
  const double begun = cpu_seconds();
  const auto results =
      run_protocol(how, corpus->truth(), [&](std::size_t i) { return corpus->features(i); });
  if (!results) return fail(results.error());
  const double cpu = cpu_seconds() - begun;

  std::vector<Scored> scored;
  for (const ProtocolResult& result : *results) scored.push_back(result.scored);
  print_report(scored, cpu);
  if (options.scores.empty()) return 0;
  const Result<void> written = write_scores(options.scores, *corpus, *results);
  return written ? 0 : fail(written.error());
}

}  // namespace postern
