// postern rules bench
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
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

// Of this thread, so that other load on the machine counts little.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

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
  double decoding = 0, evaluation = 0;  // seconds, without the clock around each rule
  std::vector<std::uint64_t> nanoseconds;
  std::vector<std::uint32_t> hits;
};

void measure(const RuleSet& rules, const Blob& message, Measured& measured) {
  std::vector<std::uint32_t> hits;
  const double begun = cpu_seconds();
  const Content content = Content::decode(message);
  const double decoded = cpu_seconds();
  rules.evaluate(content, hits);
  measured.evaluation += cpu_seconds() - decoded;
  measured.decoding += decoded - begun;
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
  const auto messages = static_cast<double>(measured.messages);
  fmt::print("{} messages, {} rules, {} limits reached\n", measured.messages, rules.size(), limits);
  fmt::print(
      "{:.0f} messages a second of CPU: {:.1f} us each for decoding, {:.1f} us for the rules\n",
      messages / (measured.decoding + measured.evaluation), 1e6 * measured.decoding / messages,
      1e6 * measured.evaluation / messages);
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
  const auto forget = [&] {
    measured = {};
    measured.nanoseconds.assign((*rules)->size(), 0);
    measured.hits.assign((*rules)->size(), 0);
  };
  forget();
  std::uint64_t seen = 0;
  const auto done = source->for_each([&](const NamedMessage& message) -> Result<void> {
    if (seen < options.most) measure(**rules, message.message, measured);
    if (++seen == options.warm_up) forget();
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
