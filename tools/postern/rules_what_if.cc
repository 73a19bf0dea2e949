// postern rules what-if
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include "commands.h"
#include "judged_mail.h"
#include "message_text.h"
#include "progress.h"
#include "served.h"

namespace postern {
namespace {

// How an entry of the ledger differs; the classifier's never does.
struct Difference {
  std::string rule;
  MilliPoints before = 0, after = 0;
};

std::vector<Difference> differences(const Verdict& before, const Verdict& after) {
  std::map<std::string, Difference> by_rule;
  for (const LedgerEntry& entry : before.ledger) by_rule[entry.name].before += entry.points;
  for (const LedgerEntry& entry : after.ledger) by_rule[entry.name].after += entry.points;
  std::vector<Difference> found;
  for (auto& [name, difference] : by_rule) {
    if (difference.before == difference.after) continue;
    difference.rule = name;
    found.push_back(std::move(difference));
  }
  std::stable_sort(found.begin(), found.end(), [](const Difference& a, const Difference& b) {
    return std::abs(a.after - a.before) > std::abs(b.after - b.before);
  });
  return found;
}

struct Summary {
  std::size_t messages = 0;
  std::size_t relabelled = 0;
  std::size_t rescored = 0;  // with the same label
  std::map<std::pair<Label, Label>, std::size_t> moves;
  std::map<std::string, std::size_t> by_rule;  // messages that got another label
  // Where an index says what the mail is.
  std::size_t spam = 0, ham = 0, caught_before = 0, caught_after = 0, lost_before = 0,
              lost_after = 0;
};

void count(Summary& summary, const Verdict& before, const Verdict& after,
           std::optional<MailClass> truth) {
  ++summary.messages;
  if (!truth) return;
  const bool spam = *truth == MailClass::spam;
  ++(spam ? summary.spam : summary.ham);
  (spam ? summary.caught_before : summary.lost_before) += before.label == Label::spam;
  (spam ? summary.caught_after : summary.lost_after) += after.label == Label::spam;
}

boost::json::object to_json(const std::string& name, const Verdict& before, const Verdict& after,
                            const std::vector<Difference>& by) {
  boost::json::array rules;
  for (const Difference& one : by) {
    rules.push_back(
        {{"rule", one.rule}, {"from", one.before / 1000.0}, {"to", one.after / 1000.0}});
  }
  return {{"path", name},
          {"from", std::string(to_string(before.label))},
          {"to", std::string(to_string(after.label))},
          {"score_from", before.score / 1000.0},
          {"score_to", after.score / 1000.0},
          {"rules", std::move(rules)}};
}

void print_change(const std::string& name, const Verdict& before, const Verdict& after,
                  const std::vector<Difference>& by) {
  fmt::print("{} -> {}\t{} -> {}\t", to_string(before.label), to_string(after.label),
             format_points(before.score), format_points(after.score));
  for (std::size_t i = 0; i < by.size(); ++i) {
    fmt::print("{}{} {:+.1f}", i == 0 ? "" : ", ", by[i].rule,
               (by[i].after - by[i].before) / 1000.0);
  }
  fmt::print("\t{}\n", printable(name));
}

void print_summary(const Summary& summary) {
  fmt::print("{} messages: {} would get another label, {} another score alone\n", summary.messages,
             summary.relabelled, summary.rescored);
  for (const auto& [move, times] : summary.moves) {
    fmt::print("  {:>6}  {} -> {}\n", times, to_string(move.first), to_string(move.second));
  }
  for (const auto& [rule, times] : summary.by_rule) fmt::print("  {:>6}  by {}\n", times, rule);
  if (summary.spam + summary.ham == 0) return;
  fmt::print("spam called spam: {} of {}, now {}; ham called spam: {} of {}, now {}\n",
             summary.caught_after, summary.spam, summary.caught_before, summary.lost_after,
             summary.ham, summary.lost_before);
}

boost::json::object to_json(const Summary& summary) {
  boost::json::object moves, rules;
  for (const auto& [move, times] : summary.moves) {
    moves[fmt::format("{} -> {}", to_string(move.first), to_string(move.second))] = times;
  }
  for (const auto& [rule, times] : summary.by_rule) rules[rule] = times;
  boost::json::object out{{"messages", summary.messages},
                          {"relabelled", summary.relabelled},
                          {"rescored", summary.rescored},
                          {"moves", std::move(moves)},
                          {"by_rule", std::move(rules)}};
  if (summary.spam + summary.ham > 0) {
    out["spam"] = {{"messages", summary.spam},
                   {"called_spam_from", summary.caught_before},
                   {"called_spam_to", summary.caught_after}};
    out["ham"] = {{"messages", summary.ham},
                  {"called_spam_from", summary.lost_before},
                  {"called_spam_to", summary.lost_after}};
  }
  return out;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code failure;
  return std::filesystem::equivalent(a, b, failure) && !failure;
}

// The served set with the files of `paths` in it: in the place of one that is the same file, else
// behind all others, so that they have the last word.
Result<std::vector<RuleSource>> changed_set(const std::vector<RuleSource>& served,
                                            const RulesWhatIfOptions& options) {
  auto added = read_rule_sources(options.paths);
  if (!added) return added.error();
  if (options.instead) return added;
  std::vector<RuleSource> sources = served;
  for (RuleSource& source : *added) {
    const auto same = std::find_if(sources.begin(), sources.end(), [&](const RuleSource& one) {
      return one.name == source.name || same_file(one.name, source.name);
    });
    if (same == sources.end()) {
      sources.push_back(std::move(source));
    } else {
      same->text = std::move(source.text);
    }
  }
  return sources;
}

// posternd would not take a set with errors over, so there is nothing to compare.
Result<std::shared_ptr<const RuleSet>> compile_sound(const std::vector<RuleSource>& sources) {
  std::vector<Diagnostic> diagnostics;
  auto rules = RuleSet::compile(sources, diagnostics);
  std::size_t errors = 0;
  for (const Diagnostic& one : diagnostics) {
    if (one.severity != Severity::error) continue;
    ++errors;
    fmt::print(stderr, "{}\n", to_string(one));
  }
  if (errors == 0) return rules;
  return Error(Errc::bad_data,
               fmt::format("{} errors: posternd would keep its present rules", errors));
}

struct Comparison {
  std::shared_ptr<const Scanner> before, after;
  Preferences preferences;
};

Result<Comparison> prepare(const RulesWhatIfOptions& options) {
  const StateFolder state(options.state);
  const auto store = state.open_store();
  if (!store) return store.error();
  const auto served = read_served(state, **store);
  if (!served) return served.error();
  const auto sources = changed_set(served->rules, options);
  if (!sources) return sources.error();
  const auto rules = compile_sound(*sources);
  if (!rules) return rules.error();
  std::vector<Diagnostic> known;
  auto before =
      build_scanner(state, **store, served->judgement, RuleSet::compile(served->rules, known));
  if (!before) return before.error();
  auto after = build_scanner(state, **store, served->judgement, *rules);
  if (!after) return after.error();
  auto preferences = preferences_of(**store, options.user);
  if (!preferences) return preferences.error();
  return Comparison{*before, *after, std::move(*preferences)};
}

}  // namespace

int run_rules_what_if(const RulesWhatIfOptions& options) {
  const auto comparison = prepare(options);
  if (!comparison) return fail(comparison.error());
  const auto mail = JudgedMail::open(options.mail);
  if (!mail) return fail(mail.error());
  Summary summary;
  boost::json::array changed;
  ProgressBar bar("judging");
  std::size_t done = 0;
  const Result<void> all = mail->for_each([&](const NamedMessage& message, auto truth) {
    const Content content = Content::decode(message.message);
    const Verdict before = comparison->before->scan(content, comparison->preferences);
    const Verdict after = comparison->after->scan(content, comparison->preferences);
    count(summary, before, after, truth);
    bar.show(++done, mail->size());
    if (before.label == after.label) {
      summary.rescored += before.score != after.score;
      return;
    }
    const auto by = differences(before, after);
    ++summary.relabelled;
    ++summary.moves[{before.label, after.label}];
    for (const Difference& one : by) ++summary.by_rule[one.rule];
    if (options.json) {
      changed.push_back(to_json(message.name, before, after, by));
    } else {
      print_change(message.name, before, after, by);
    }
  });
  if (!all) return fail(all.error());
  if (!options.json) {
    print_summary(summary);
    return 0;
  }
  boost::json::object out = to_json(summary);
  out["changed"] = std::move(changed);
  fmt::print("{}\n", boost::json::serialize(out));
  return 0;
}

}  // namespace postern
