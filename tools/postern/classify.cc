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

namespace postern {
namespace {

Result<std::shared_ptr<const Scanner>> open_scanner(const std::string& state,
                                                    const JudgementFiles& judgement) {
  const Logger logger = stderr_logger(LogLevel::error);
  if (state.empty()) return build_scanner(judgement, logger);
  const StateFolder folder(state);
  const auto store = folder.open_store();
  if (!store) return store.error();
  return build_scanner(folder, **store, judgement, logger);
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

void print(const Scanner& scanner, const NamedMessage& message, const ClassifyOptions& options) {
  // A labelled copy is judged like its original.
  const Content content = Content::decode(Labeler::strip(message.message));
  const Verdict verdict = scanner.scan(content);
  if (!options.json && !options.explain) return print_line(verdict, message.name);
  const std::vector<LedgerEntry> reasons = scanner.explain(content);
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
  const auto scanner = open_scanner(options.state, options.judgement);
  if (!scanner) return fail(scanner.error());
  const Result<MessageSource> source = MessageSource::open(options.paths);
  if (!source) return fail(source.error());
  ProgressBar bar("judging");
  std::size_t done = 0;
  const Result<void> all = source->for_each([&](NamedMessage message) -> Result<void> {
    print(**scanner, message, options);
    bar.show(++done, source->size());
    return {};
  });
  return all ? 0 : fail(all.error());
}

int run_label(const LabelOptions& options) {
  const Result<Blob> message = read_message("-");
  if (!message) return fail(message.error());
  // A pipe must get its mail whatever happens to us: what cannot be judged is labelled `error`.
  const auto scanner = open_scanner(options.state, options.judgement);
  Verdict verdict;
  const Blob original = Labeler::strip(*message);
  if (scanner) {
    verdict = (*scanner)->scan(original);
  } else {
    fmt::print(stderr, "postern: {}\n", scanner.error().detail);
  }
  const Octets labelled = Labeler::apply(original, verdict, lesson_digest(original).substr(0, 16));
  Result<void> written = write_all(STDOUT_FILENO, labelled.head, "standard output");
  if (written) written = write_all(STDOUT_FILENO, labelled.tail(), "standard output");
  if (!written) return fail(written.error());
  return scanner ? 0 : scanner.error().exit_status();
}

}  // namespace postern
