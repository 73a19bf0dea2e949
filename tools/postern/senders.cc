// postern allow|block add|remove|list, postern rules score
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "commands.h"
#include "filter/preferences.h"
#include "served.h"

namespace postern {
namespace {

Result<std::unique_ptr<StateStore>> open_store(const std::string& state, const std::string& user) {
  auto store = StateFolder(state).open_store();
  if (!store) return store.error();
  const Result<void> known = require_user(**store, user);
  if (!known) return known.error();
  return store;
}

Result<std::vector<std::string>> normalised(const std::vector<std::string>& patterns) {
  std::vector<std::string> senders;
  for (const std::string& pattern : patterns) {
    auto sender = normalised_sender(pattern);
    if (!sender) return sender.error();
    senders.push_back(std::move(*sender));
  }
  return senders;
}

// An entry that can never count must not look as if it did.
void warn_without_authserv_id(StateStore& store) {
  const auto ids = served_authserv_ids(store);
  if (!ids || !ids->empty()) return;
  fmt::print(stderr,
             "postern: posternd has no authserv_id in its configuration, so nobody vouches for a "
             "sender and entries with --authenticated never count; set authserv_id to the name "
             "that your mail server writes into Authentication-Results\n");
}

Result<MilliPoints> points_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) <= 100)) {
    return Error(Errc::usage, "'" + text + "' is no number of points from -100 to 100");
  }
  return static_cast<MilliPoints>(std::lround(value * 1000));
}

int print_scores(StateStore& store, const RulesScoreOptions& options) {
  const auto scores = store.list_rule_scores(options.user);
  if (!scores) return fail(scores.error());
  boost::json::array array;
  for (const RuleScore& score : *scores) {
    if (options.json) {
      array.push_back({{"rule", score.rule}, {"points", score.points / 1000.0}});
    } else {
      fmt::print("{}\t{}\n", score.rule, score.points / 1000.0);
    }
  }
  if (options.json) fmt::print("{}\n", boost::json::serialize(array));
  return 0;
}

// A score for a rule that cannot hit is a slip of the pen more often than not.
void warn_of_rule(const StateFolder& state, StateStore& store, const std::string& name) {
  const auto served = read_served(state, store);
  if (!served) return;
  std::vector<Diagnostic> known;
  const auto rules = RuleSet::compile(served->rules, known);
  for (std::uint32_t i = 0; i < rules->size(); ++i) {
    if (rules->info(i).name != name) continue;
    if (rules->info(i).points == 0) {
      fmt::print(stderr,
                 "postern: {} has no points in its rule file, so it is not run, and the score has "
                 "no effect\n",
                 name);
    }
    return;
  }
  fmt::print(stderr, "postern: no rule that is served has the name {}; check the spelling\n", name);
}

}  // namespace

int run_sender_add(const SenderOptions& options) {
  const auto senders = normalised(options.patterns);
  if (!senders) return fail(senders.error());
  const auto store = open_store(options.state, options.user);
  if (!store) return fail(store.error());
  for (const std::string& sender : *senders) {
    const Result<void> put =
        (*store)->put_sender(options.user, {options.list, sender, options.authenticated});
    if (!put) return fail(put.error());
    fmt::print("{} {}{}\n", to_string(options.list), sender,
               options.authenticated ? ", where authenticated" : "");
  }
  if (options.authenticated) warn_without_authserv_id(**store);
  return 0;
}

int run_sender_remove(const SenderOptions& options) {
  const auto senders = normalised(options.patterns);
  if (!senders) return fail(senders.error());
  const auto store = open_store(options.state, options.user);
  if (!store) return fail(store.error());
  for (const std::string& sender : *senders) {
    const auto removed = (*store)->remove_sender(options.user, options.list, sender);
    if (!removed) return fail(removed.error());
    if (!*removed) {
      return fail({Errc::no_input, fmt::format("'{}' is not on the {} list of {}", sender,
                                               to_string(options.list), options.user)});
    }
    fmt::print("removed {}\n", sender);
  }
  return 0;
}

int run_sender_list(const SenderOptions& options) {
  const auto store = open_store(options.state, options.user);
  if (!store) return fail(store.error());
  const auto entries = (*store)->list_senders(options.user);
  if (!entries) return fail(entries.error());
  boost::json::array array;
  bool bound = false;
  for (const SenderEntry& entry : *entries) {
    if (entry.list != options.list) continue;
    bound = bound || entry.authenticated;
    if (options.json) {
      array.push_back({{"pattern", entry.pattern}, {"authenticated", entry.authenticated}});
    } else {
      fmt::print("{}{}\n", entry.pattern, entry.authenticated ? "\tauthenticated" : "");
    }
  }
  if (options.json) fmt::print("{}\n", boost::json::serialize(array));
  if (bound) warn_without_authserv_id(**store);
  return 0;
}

int run_rules_score(const RulesScoreOptions& options) {
  const auto store = open_store(options.state, options.user);
  if (!store) return fail(store.error());
  if (options.rule.empty()) return print_scores(**store, options);
  if (options.remove) {
    const auto removed = (*store)->remove_rule_score(options.user, options.rule);
    if (!removed) return fail(removed.error());
    if (!*removed) {
      return fail({Errc::no_input, fmt::format("{} has given {} no points of its own", options.user,
                                               options.rule)});
    }
    fmt::print("{} has the points of its rule file again\n", options.rule);
    return 0;
  }
  const auto points = points_of(options.points);
  if (!points) return fail(points.error());
  const Result<void> put = (*store)->put_rule_score(options.user, {options.rule, *points});
  if (!put) return fail(put.error());
  warn_of_rule(StateFolder(options.state), **store, options.rule);
  fmt::print("{} has {} points for {}\n", options.rule, *points / 1000.0, options.user);
  return 0;
}

}  // namespace postern
