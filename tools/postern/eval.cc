// postern eval
#include <fmt/format.h>
#include <time.h>

#include "base/ascii.h"
#include "base/file.h"
#include "classify/clump.h"
#include "classify/protocol.h"
#include "classify/roc_plot.h"
#include "commands.h"
#include "eval_corpus.h"
#include "eval_report.h"
#include "progress.h"

namespace postern {
namespace {

// What the lessons of a state have taught, if one is named.
Result<std::shared_ptr<const Model>> personal_model(const EvalOptions& options,
                                                    Background background) {
  if (options.state.empty()) return std::shared_ptr<const Model>();
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return store.error();
  return current_model(folder, **store, std::move(background));
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// As people and tools both read them: log odds, a line a message, in the order of judging.
Result<void> write_scores(const std::string& path, const EvalCorpus& corpus,
                          const std::vector<ProtocolResult>& results,
                          const std::vector<Scored>& judged) {
  std::string text;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    text += fmt::format("{}\t{:.6f}\t{}\n", to_string(judged[i].truth), judged[i].score,
                        corpus.path(results[i].index));
  }
  return write_file_atomically(path, text, 0644);
}

Result<ProtocolOptions> protocol_options(const EvalOptions& options) {
  const auto protocol = parse_protocol(options.protocol);
  if (!protocol) {
    return Error(Errc::usage, "there is no protocol '" + options.protocol +
                                  "'; use online, half, cold, delayed or onerror");
  }
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return background.error();
  const auto personal = personal_model(options, *background);
  if (!personal) return personal.error();
  ProtocolOptions how;
  how.protocol = *protocol;
  how.delay = options.delay;
  how.background = *background;
  how.personal = *personal;
  how.flip = options.flip;
  how.seed = options.seed;
  how.spam_from = log_odds_of(Policy().spam_from);
  how.unsure_from = log_odds_of(Policy().unsure_from);
  return how;
}

Result<EvalRun> run_order(const EvalOptions& options, const ProtocolOptions& how,
                          EvalCorpus& corpus, std::size_t order) {
  const double begun = cpu_seconds();
  const auto results =
      run_protocol(how, corpus.truth(), [&](std::size_t i) { return corpus.features(i); });
  if (!results) return results.error();
  EvalRun run;
  run.cpu_seconds = cpu_seconds() - begun;
  for (const ProtocolResult& result : *results) {
    const double by_rules = log_odds_of(corpus.rule_points(result.index));
    run.results.push_back({result.scored.score + by_rules, result.scored.truth});
    if (corpus.has_kinds()) run.kinds.push_back(corpus.kind(result.index));
  }
  if (options.scores.empty()) return run;
  const std::string suffix = order == 0 ? "" : "." + std::to_string(order);
  const Result<void> written = write_scores(options.scores + suffix, corpus, *results, run.results);
  if (!written) return written.error();
  return run;
}

// Sender and subject: the names under which messages of one campaign are found.
Result<std::vector<std::vector<std::string>>> clump_keys(const EvalCorpus& corpus) {
  std::vector<std::vector<std::string>> keys;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    const Result<Content> content = corpus.content(i);
    if (!content) return content.error();
    std::vector<std::string>& names = keys.emplace_back();
    if (!content->from.empty()) {
      names.push_back("sender " + ascii_lowered(content->from.front().mailbox));
    }
    std::string letters;
    for (const char c : content->subject) {
      if (is_ascii_alpha(c)) letters += ascii_lower(c);
    }
    if (letters.size() >= 8) names.push_back("subject " + letters);
  }
  return keys;
}

void print_state(const std::string& name, const ClumpState& state) {
  fmt::print("  {:<28} mean log odds {:+6.2f}, wrong {}, unsure {}, of {}\n", name,
             state.mean_log_odds, state.wrong, state.unsure, state.of);
}

void print_turn(const char* what, const std::vector<ClumpState>& states) {
  const auto turned = steps_to_turn(states);
  fmt::print("  {} turned round after {}\n", what,
             turned ? std::to_string(*turned) : fmt::format("more than {}", states.size()));
}

void print_clump(const Clump& clump, const ClumpReport& report, std::size_t wrong) {
  fmt::print("{} of {} ({} messages), {} taught wrongly\n", to_string(report.truth), clump.key,
             clump.members.size(), wrong);
  print_state("before", report.before);
  print_state("after the wrong lessons", report.after_wrong);
  for (std::size_t i = 0; i < report.outvoted.size(); ++i) {
    print_state(fmt::format("{} more taught rightly", i + 1), report.outvoted[i]);
  }
  for (std::size_t i = 0; i < report.corrected.size(); ++i) {
    print_state(fmt::format("{} of the wrong corrected", i + 1), report.corrected[i]);
  }
  print_turn("more lessons:", report.outvoted);
  print_turn("corrections:", report.corrected);
}

Result<void> judge_by_rules(const EvalOptions& options, EvalCorpus& corpus) {
  if (options.rules.empty()) return {};
  JudgementFiles files;
  if (options.rules != std::vector<std::string>{"shipped"}) files.rules = options.rules;
  std::vector<Diagnostic> diagnostics;
  const auto rules = load_rules(files, diagnostics);
  return rules ? corpus.judge_by(**rules) : rules.error();
}

int run_clumps(const EvalOptions& options, const ProtocolOptions& how, EvalCorpus& corpus) {
  const auto keys = clump_keys(corpus);
  if (!keys) return fail(keys.error());
  const std::vector<Clump> clumps = find_clumps(*keys, corpus.truth(), 4 * options.clump);
  if (clumps.empty()) {
    return fail({Errc::bad_data, fmt::format("no sender or subject has {} messages, all of one "
                                             "class; use a smaller --clump",
                                             4 * options.clump)});
  }
  for (const Clump& clump : clumps) {
    const ClumpOptions clump_how{options.clump, how, how.spam_from, how.unsure_from};
    const auto report = run_clump(clump_how, clump, corpus.truth(),
                                  [&](std::size_t i) { return corpus.features(i); });
    if (!report) return fail(report.error());
    print_clump(clump, *report, options.clump);
  }
  if (clumps.size() < 2) {
    fmt::print(stderr, "postern: the other class has no sender or subject with {} messages\n",
               4 * options.clump);
  }
  return 0;
}

Result<void> write_plot(const EvalOptions& options, const std::vector<EvalRun>& runs) {
  std::vector<RocSeries> series;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string order = runs.size() == 1 ? "" : fmt::format(", order {}", i);
    series.push_back({options.protocol + order, runs[i].results});
  }
  return write_file_atomically(options.plot, roc_svg(series), 0644);
}

}  // namespace

int run_eval(const EvalOptions& options) {
  Result<EvalCorpus> corpus = EvalCorpus::open(options.indexes);
  if (!corpus) return fail(corpus.error());
  corpus->strip(options.strip);
  Result<ProtocolOptions> how = protocol_options(options);
  if (!how) return fail(how.error());
  const Result<void> judged = judge_by_rules(options, *corpus);
  if (!judged) return fail(judged.error());
  ProgressBar bar("measuring");
  std::size_t order = 0;
  how->progress = [&](std::size_t done, std::size_t of) {
    bar.show(order * of + done, options.orders * of);
  };
  if (options.clump != 0) return run_clumps(options, *how, *corpus);

  std::vector<EvalRun> runs;
  for (; order < options.orders; ++order) {
    corpus->set_order(order, options.seed);
    how->seed = options.seed + order;
    Result<EvalRun> run = run_order(options, *how, *corpus, order);
    if (!run) return fail(run.error());
    runs.push_back(std::move(*run));
  }
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(eval_report_json(runs, Policy())));
  } else {
    print_eval_report(runs, Policy());
  }
  if (options.plot.empty()) return 0;
  const Result<void> drawn = write_plot(options, runs);
  return drawn ? 0 : fail(drawn.error());
}

}  // namespace postern
