// RuleKeeper: decides which set of rules serves: what the files hold, the last good set while they
// have errors, or the set of a rollback until they change.
//
// Thread rule: safe from any thread; refresh() is blocking, and one at a time.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/installation.h"
#include "app/rule_history.h"
#include "app/rule_status.h"
#include "base/clock.h"
#include "base/log.h"

namespace postern {

class RuleKeeper {
 public:
  struct Setting {
    JudgementFiles judgement;  // of the configuration
    std::vector<std::string> authserv_ids;
    Clock clock;
    Logger logger;
  };
  // The store must outlive it.
  RuleKeeper(Setting setting, const StateFolder& state, StateStore& store);

  // Looks at the files and at the pin; true when another set serves from now on. What is decided
  // goes to the log and into the state. An error only when nothing at all can serve.
  Result<bool> refresh();

  // Null before the first successful refresh().
  std::shared_ptr<const RuleSet> current() const;

  // Paths of which a change calls for refresh().
  std::vector<std::string> watched() const;

 private:
  // What the configured paths hold.
  struct Files {
    std::string id = unreadable_rules;
    std::vector<RuleSource> sources;
    std::shared_ptr<const RuleSet> rules;  // compiled where needed; null: unreadable
    std::vector<Diagnostic> errors;
    std::optional<Error> failure;
  };
  // A set that can serve.
  struct Serving {
    std::string id;
    std::shared_ptr<const RuleSet> rules;
    std::vector<std::string> file_names;
  };
  struct Decision {
    RuleState state = RuleState::good;
    Serving serving;
  };

  Files read_files();
  Result<Decision> decide(Files& files);
  std::optional<Serving> pinned(const Files& files);
  std::optional<Serving> last_good();
  std::optional<Serving> load_kept(const std::string& id);
  void accept(const Files& files);
  bool take_over(const Decision& decision, const Files& files);
  void write_status(const Files& files);
  void log_decision(const Files& files) const;

  const Setting setting_;
  const std::vector<std::string> paths_;  // what is configured, or the shipped rules
  const std::string configured_;          // names paths_
  StateStore& store_;
  RuleHistory history_;

  std::mutex refreshing_;  // guards the four below
  RuleStatus status_;
  RuleStatus earlier_;        // what the daemon before this one left
  std::string accepted_;      // ID of the newest set in the history
  Files files_;               // as last read
  mutable std::mutex mutex_;  // guards the two below
  Serving serving_;
  std::vector<std::string> watched_;
};

}  // namespace postern
