// postern rules bench
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <sstream>

#include "app/installation.h"
#include "base/file.h"
#include "commands.h"
#include "mail/content.h"
#include "message_source.h"
#include "rules/rule_set.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;

// An index has a line `spam|ham PATH` for each message, PATH relative to the index.
std::vector<std::string> paths_of(const std::string& mail) {
  std::vector<std::string> paths;
  if (is_directory(mail)) return {mail};
  const auto text = read_file(mail);
  if (!text) return {mail};
  std::istringstream lines{std::string(*text)};
  std::string truth, path;
  while (lines >> truth && (truth == "spam" || truth == "ham") && std::getline(lines, path)) {
    const std::size_t from = path.find_first_not_of(" \t");
    if (from == std::string::npos) continue;
    paths.push_back((std::filesystem::path(mail).parent_path() / path.substr(from)).string());
  }
  return paths.empty() ? std::vector<std::string>{mail} : paths;
}

struct Measured {
  std::size_t messages = 0;
  double seconds = 0;  // of evaluation without the clock around each rule
  std::vector<std::uint64_t> nanoseconds;
  std::vector<std::uint32_t> hits;
};

void measure(const RuleSet& rules, const Content& content, Measured& measured) {
  std::vector<std::uint32_t> hits;
  const auto before = Clock::now();
  rules.evaluate(content, hits);
  measured.seconds += std::chrono::duration<double>(Clock::now() - before).count();
  rules.measure(content, hits, measured.nanoseconds);
  for (const std::uint32_t hit : hits) ++measured.hits[hit];
  ++measured.messages;
}

void print_table(const RuleSet& rules, const Measured& measured, std::uint64_t rows) {
  std::vector<std::uint32_t> order(rules.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return measured.nanoseconds[a] > measured.nanoseconds[b];
  });
  fmt::print("{:>12} {:>8} {:>7} {:>6}  rule\n", "us/message", "hits", "limits", "engine");
  std::uint64_t limits = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t rule = order[i];
    const std::uint64_t limited = rules.limits_reached(rule);
    limits += limited;
    if (i >= rows && limited == 0) continue;
    if (rules.engine(rule) == RegexEngine::none) continue;
    const double cost = static_cast<double>(measured.nanoseconds[rule]) / 1e3;
    fmt::print("{:>12.3f} {:>8} {:>7} {:>6}  {}\n", cost / static_cast<double>(measured.messages),
               measured.hits[rule], limited,
               rules.engine(rule) == RegexEngine::pcre2 ? "PCRE2" : "RE2", rules.info(rule).name);
  }
  fmt::print("{} messages, {:.0f} a second ({:.3f} ms each), {} rules, {} limits reached\n",
             measured.messages, static_cast<double>(measured.messages) / measured.seconds,
             1e3 * measured.seconds / static_cast<double>(measured.messages), rules.size(), limits);
}

}  // namespace

int run_rules_bench(const RulesBenchOptions& options) {
  std::vector<Diagnostic> diagnostics;
  JudgementFiles files;
  files.rules = options.paths;
  const auto rules = load_rules(files, diagnostics);
  if (!rules) return fail(rules.error());
  const auto source = MessageSource::open(paths_of(options.mail));
  if (!source) return fail(source.error());
  Measured measured;
  measured.nanoseconds.resize((*rules)->size());
  measured.hits.resize((*rules)->size());
  const auto done = source->for_each([&](const NamedMessage& message) -> Result<void> {
    if (measured.messages < options.most) {
      measure(**rules, Content::decode(message.message), measured);
    }
    return {};
  });
  if (!done) return fail(done.error());
  if (measured.messages == 0) {
    return fail({Errc::no_input, fmt::format("{} holds no message to run", options.mail)});
  }
  print_table(**rules, measured, options.rows);
  return 0;
}

}  // namespace postern
