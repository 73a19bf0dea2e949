// Where things are: the shipped files of this installation and the folder of state; and how a
// Scanner is built from them. Shared by posternd and the command postern.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "filter/scanner.h"
#include "rules/diagnostic.h"
#include "server/teacher.h"
#include "state/state_store.h"

namespace postern {

// Shipped rules and base model: $POSTERN_SHARE, else ../share/postern beside the program, else
// the source tree that the program was built in. Empty when there are none.
std::string shipped_rules();
std::string shipped_base_model();
// What to do where there are none.
Error no_shipped_rules();

// One folder that holds all that Postern remembers.
class StateFolder {
 public:
  explicit StateFolder(std::string path) : path_(std::move(path)) {}

  // Makes the folder (0700) and the database where missing.
  Result<std::unique_ptr<StateStore>> open_store() const;
  std::string database() const { return path_ + "/postern.db"; }
  std::string model_folder() const { return path_ + "/model"; }
  std::string personal_model() const { return model_folder() + "/personal.model"; }
  std::string keys() const { return path_ + "/keys"; }
  // Accepted sets of rules: RULE_HISTORY.md.
  std::string rules() const { return path_ + "/rules"; }
  // Mail of stored accounts that was fetched ahead.
  std::string spool() const { return path_ + "/spool"; }
  // What is of no use after a restart.
  std::string temporary() const { return path_ + "/tmp"; }
  // What seals passwords that must be recoverable, and those of stored accounts; made when there is
  // the first one.
  std::string secret_key() const { return keys() + "/secret.key"; }

 private:
  std::string path_;
};

// What judges: rules (empty: shipped), base model ("" shipped, "none" none), site model ("" none),
// thresholds.
struct JudgementFiles {
  std::vector<std::string> rules;
  std::string base_model;
  std::string site_model;
  Policy policy;
  // Share of ham that may be lost, 0..1; with lessons enough to tell, the threshold for it takes
  // the place of policy.spam_from. 0 is off.
  double ham_loss = 0;
};

// `paths`, or where there are none the folder of the shipped rules.
Result<std::vector<std::string>> rule_paths(const std::vector<std::string>& paths);
Result<std::shared_ptr<const RuleSet>> load_rules(const JudgementFiles& files,
                                                  std::vector<Diagnostic>& diagnostics);
Result<std::shared_ptr<const BaseModel>> load_base_model(const std::string& base_model);
// The base model and the site model above it.
Result<Background> load_background(const std::string& base_model, const std::string& site_model);

// The personal model, brought up to date with the lesson log; null when nothing was taught yet.
Result<std::shared_ptr<const Model>> current_model(const StateFolder& state, StateStore& store,
                                                   Background background);

// Brings the personal model up to date with the lesson log, then loads everything. Diagnostics of
// rules go to the log; a rule that is left out is no error.
Result<std::shared_ptr<const Scanner>> build_scanner(const StateFolder& state, StateStore& store,
                                                     const JudgementFiles& files,
                                                     const Logger& logger);
// The same with rules that are loaded.
Result<std::shared_ptr<const Scanner>> build_scanner(const StateFolder& state, StateStore& store,
                                                     const JudgementFiles& files,
                                                     std::shared_ptr<const RuleSet> rules);
// The same without personal lessons.
Result<std::shared_ptr<const Scanner>> build_scanner(const JudgementFiles& files,
                                                     const Logger& logger);

}  // namespace postern
