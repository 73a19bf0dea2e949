// postern classify, postern label
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/ascii.h"
#include "base/file.h"
#include "commands.h"
#include "filter/labeler.h"
#include "filter/learner.h"
#include "message_source.h"
#include "message_text.h"
#include "progress.h"
#include "served.h"

namespace postern {
namespace {

struct Judge {
  std::shared_ptr<const Scanner> scanner;
  Preferences preferences;
};

Result<Judge> open_judge(const std::string& state, const std::string& user,
                         const JudgementFiles& judgement) {
  const Logger logger = stderr_logger(LogLevel::error);
  if (state.empty()) {
    if (!user.empty()) return Error(Errc::usage, "--user needs --state, where the lists are kept");
    const auto scanner = build_scanner(judgement, logger);
    if (!scanner) return scanner.error();
    return Judge{*scanner, {}};
  }
  const StateFolder folder(state);
  const auto store = folder.open_store();
  if (!store) return store.error();
  auto preferences = preferences_of(**store, user);
  if (!preferences) return preferences.error();
  const auto scanner = build_scanner(folder, **store, judgement, logger);
  if (!scanner) return scanner.error();
  return Judge{*scanner, std::move(*preferences)};
}

// "LABEL<TAB>PROBABILITY<TAB>SCORE<TAB>PATH": fixed, scripts depend on it.
void print_line(const Verdict& verdict, const std::string& name) {
  fmt::print("{}\t{:.4f}\t{}\t{}\n", to_string(verdict.label), verdict.probability(),
             format_points(verdict.score), name);
}

void print_explanation(const Verdict& verdict, const std::vector<LedgerEntry>& reasons,
                       const std::vector<std::string>& changes) {
  for (const LedgerEntry& reason : reasons) {
    fmt::print("  {:+8.3f}  {}{}{}\n", reason.points / 1000.0, reason.name,
               reason.description.empty() ? "" : "  ", printable(reason.description));
  }
  fmt::print("  {:+8.3f}  in all; spam from {}\n", verdict.score / 1000.0,
             format_points(verdict.required));
  for (const std::string& change : changes) fmt::print("  {}\n", printable(change));
}

boost::json::object to_json(const Verdict& verdict, const std::string& name,
                            const std::vector<LedgerEntry>& reasons,
                            const std::vector<std::string>& changes) {
  boost::json::array ledger;
  for (const LedgerEntry& reason : reasons) {
    ledger.push_back({{"name", reason.name},
                      {"points", reason.points / 1000.0},
                      {"description", reason.description}});
  }
  return {{"path", name},
          {"label", std::string(to_string(verdict.label))},
          {"probability", verdict.probability()},
          {"score", verdict.score / 1000.0},
          {"required", verdict.required / 1000.0},
          {"basis", to_hex(verdict.basis)},
          {"ledger", std::move(ledger)},
          {"changes", boost::json::array(changes.begin(), changes.end())}};
}

void print(const Judge& judge, const NamedMessage& message, const ClassifyOptions& options) {
  const Scanner& scanner = *judge.scanner;
  // A labelled copy is judged like its original.
  const Content content = Content::decode(Labeler::strip(message.message));
  const Verdict verdict = scanner.scan(content, judge.preferences);
  if (!options.json && !options.explain) return print_line(verdict, message.name);
  const std::vector<LedgerEntry> reasons = scanner.explain(content, judge.preferences);
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(to_json(verdict, message.name, reasons,
                                                      scanner.changes(verdict, reasons))));
    return;
  }
  print_line(verdict, message.name);
  print_explanation(verdict, reasons, scanner.changes(verdict, reasons));
}

}  // namespace

int run_classify(const ClassifyOptions& options) {
  const auto judge = open_judge(options.state, options.user, options.judgement);
  if (!judge) return fail(judge.error());
  const Result<MessageSource> source = MessageSource::open(options.paths);
  if (!source) return fail(source.error());
  ProgressBar bar("judging");
  std::size_t done = 0;
  const Result<void> all = source->for_each([&](NamedMessage message) -> Result<void> {
    print(*judge, message, options);
    bar.show(++done, source->size());
    return {};
  });
  return all ? 0 : fail(all.error());
}

int run_label(const LabelOptions& options) {
  const Result<Blob> message = read_message("-");
  if (!message) return fail(message.error());
  // A pipe must get its mail whatever happens to us: what cannot be judged is labelled `error`.
  const auto judge = open_judge(options.state, options.user, options.judgement);
  Verdict verdict;
  const Blob original = Labeler::strip(*message);
  if (judge) {
    verdict = judge->scanner->scan(original, judge->preferences);
  } else {
    fmt::print(stderr, "postern: {}\n", judge.error().detail);
  }
  const Octets labelled = Labeler::apply(original, verdict, lesson_digest(original).substr(0, 16));
  Result<void> written = write_all(STDOUT_FILENO, labelled.head, "standard output");
  if (written) written = write_all(STDOUT_FILENO, labelled.tail(), "standard output");
  if (!written) return fail(written.error());
  return judge ? 0 : judge.error().exit_status();
}

}  // namespace postern
