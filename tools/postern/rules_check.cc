// postern rules check
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/ascii.h"
#include "commands.h"
#include "judged_mail.h"
#include "mail/content.h"
#include "message_text.h"
#include "progress.h"
#include "rules/rule_set.h"

namespace postern {
namespace {

// With fewer messages, hitting all or none of them says nothing.
constexpr std::uint64_t enough_messages = 20;
constexpr std::size_t widest_excerpt = 100;

// How often each rule hit, of --mail.
struct Hits {
  std::uint64_t messages = 0, spam = 0, ham = 0;
  std::vector<std::uint64_t> all, of_spam, of_ham;  // by index of the rule
};

struct Check {
  std::vector<RuleSource> sources;
  std::shared_ptr<const RuleSet> rules;
  std::vector<Diagnostic> diagnostics;
  Hits hits;
  std::vector<std::string> never_hit, always_hit;
  std::vector<std::pair<std::string, std::uint64_t>> limited;

  void warn(const RuleInfo& rule, std::string what, std::string advice) {
    diagnostics.push_back({Severity::warning, rule.file, rule.line, 0, rule.name, std::move(what),
                           std::move(advice)});
  }
  std::size_t count(Severity severity) const {
    return static_cast<std::size_t>(
        std::count_if(diagnostics.begin(), diagnostics.end(),
                      [&](const Diagnostic& one) { return one.severity == severity; }));
  }
};

// Rules that count must say what they find, and what that is worth.
void check_words(Check& check) {
  for (std::uint32_t i = 0; i < check.rules->size(); ++i) {
    const RuleInfo& rule = check.rules->info(i);
    if (rule.points == 0) continue;
    if (rule.description.empty()) {
      check.warn(rule, "has no description",
                 fmt::format("add: describe {} WHAT IT FINDS, in words for users", rule.name));
    }
    if (!rule.scored && !rule.name.starts_with("T_")) {
      check.warn(rule, "has no score, so it has 1 point",
                 fmt::format("add: score {} POINTS", rule.name));
    }
  }
}

Result<void> run_over(const JudgedMail& mail, Check& check) {
  Hits& hits = check.hits;
  for (auto* counts : {&hits.all, &hits.of_spam, &hits.of_ham}) counts->resize(check.rules->size());
  ProgressBar bar("judging");
  std::vector<std::uint32_t> found;
  return mail.for_each([&](const NamedMessage& message, std::optional<MailClass> truth) {
    check.rules->evaluate(Content::decode(message.message), found);
    bar.show(++hits.messages, mail.size());
    if (truth) ++(*truth == MailClass::spam ? hits.spam : hits.ham);
    for (const std::uint32_t rule : found) {
      ++hits.all[rule];
      if (truth) ++(*truth == MailClass::spam ? hits.of_spam : hits.of_ham)[rule];
    }
  });
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

// A rule whose points speak against what it hits, judged where an index says what the mail is.
void check_direction(Check& check, std::uint32_t rule) {
  const Hits& hits = check.hits;
  const RuleInfo& info = check.rules->info(rule);
  if (hits.spam < enough_messages || hits.ham < enough_messages) return;
  const double of_spam = share(hits.of_spam[rule], hits.spam);
  const double of_ham = share(hits.of_ham[rule], hits.ham);
  if (info.points > 0 ? of_spam >= of_ham : of_ham >= of_spam) return;
  check.warn(info,
             fmt::format("speaks for {}, but hits {:.1f} % of the spam and {:.1f} % of the ham",
                         info.points > 0 ? "spam" : "ham", 100 * of_spam, 100 * of_ham),
             "make it narrower, or change its score");
}

void check_hits(Check& check) {
  const Hits& hits = check.hits;
  for (std::uint32_t i = 0; i < check.rules->size(); ++i) {
    const RuleInfo& rule = check.rules->info(i);
    if (rule.points != 0 && hits.messages >= enough_messages) {
      if (hits.all[i] == 0) {
        check.never_hit.push_back(rule.name);
        check.warn(rule, fmt::format("hits none of {} messages", hits.messages),
                   "give it a test line with a text that it must hit, or remove it");
      } else if (hits.all[i] == hits.messages) {
        check.always_hit.push_back(rule.name);
        check.warn(rule, fmt::format("hits every one of {} messages", hits.messages),
                   "it tells nothing apart; make it narrower, or remove it");
      }
      check_direction(check, i);
    }
    const std::uint64_t limited = check.rules->limits_reached(i);
    if (limited == 0) continue;
    check.limited.emplace_back(rule.name, limited);
    check.warn(rule, fmt::format("{} searches were given up at the limit of steps", limited),
               "they count as no hit; write the expression without nested repeats or look-around");
  }
}

void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  std::map<std::string, std::size_t> order;  // files as they come
  for (const Diagnostic& one : diagnostics) order.try_emplace(one.file, order.size());
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(order[a.file], a.line) < std::pair(order[b.file], b.line);
                   });
}

// The line that a diagnostic is about, and a mark below the place.
void print_excerpt(const std::vector<RuleSource>& sources, const Diagnostic& diagnostic) {
  if (diagnostic.line <= 0 || diagnostic.column <= 0) return;
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const RuleSource& one) {
    return one.name == diagnostic.file;
  });
  if (source == sources.end()) return;
  const auto lines = split(source->text, '\n');
  const auto number = static_cast<std::size_t>(diagnostic.line) - 1;
  const auto column = static_cast<std::size_t>(diagnostic.column) - 1;
  if (number >= lines.size() || lines[number].size() > widest_excerpt) return;
  fmt::print("    {}\n    {:>{}}\n", printable(std::string(lines[number])), '^', column + 1);
}

void print(const Check& check) {
  for (const Diagnostic& one : check.diagnostics) {
    fmt::print("{}\n", to_string(one));
    if (one.severity != Severity::note) print_excerpt(check.sources, one);
  }
  if (check.hits.messages > 0) {
    fmt::print("{} messages: {} rules hit none, {} hit all\n", check.hits.messages,
               check.never_hit.size(), check.always_hit.size());
  }
  fmt::print("{} rules loaded, {} errors, {} warnings, {} tests beside them\n", check.rules->size(),
             check.count(Severity::error), check.count(Severity::warning),
             check.rules->tests().size());
}

boost::json::array to_json(const std::vector<std::string>& names) {
  return boost::json::array(names.begin(), names.end());
}

void print_json(const Check& check) {
  constexpr std::array<const char*, 3> severities{"note", "warning", "error"};
  boost::json::array diagnostics, limits;
  for (const Diagnostic& one : check.diagnostics) {
    diagnostics.push_back({{"severity", severities[static_cast<std::size_t>(one.severity)]},
                           {"file", one.file},
                           {"line", one.line},
                           {"column", one.column},
                           {"rule", one.rule},
                           {"what", one.what},
                           {"advice", one.advice}});
  }
  for (const auto& [rule, searches] : check.limited) {
    limits.push_back({{"rule", rule}, {"searches", searches}});
  }
  boost::json::object out{{"rules", check.rules->size()},
                          {"errors", check.count(Severity::error)},
                          {"warnings", check.count(Severity::warning)},
                          {"tests", check.rules->tests().size()},
                          {"diagnostics", std::move(diagnostics)}};
  if (check.hits.messages > 0) {
    out["messages"] = check.hits.messages;
    out["never_hit"] = to_json(check.never_hit);
    out["always_hit"] = to_json(check.always_hit);
    out["limits"] = std::move(limits);
  }
  fmt::print("{}\n", boost::json::serialize(out));
}

}  // namespace

int run_rules_check(const RulesOptions& options) {
  Check check;
  const auto paths = rule_paths(options.paths);
  if (!paths) return fail(paths.error());
  auto sources = read_rule_sources(*paths);
  if (!sources) return fail(sources.error());
  check.sources = std::move(*sources);
  check.rules = RuleSet::compile(check.sources, check.diagnostics);
  check_words(check);
  if (!options.mail.empty()) {
    const auto mail = JudgedMail::open(options.mail);
    if (!mail) return fail(mail.error());
    const Result<void> run = run_over(*mail, check);
    if (!run) return fail(run.error());
    check_hits(check);
  }
  sort_by_place(check.diagnostics);
  options.json ? print_json(check) : print(check);
  return check.count(Severity::error) == 0 ? 0 : static_cast<int>(Errc::bad_data);
}

}  // namespace postern
