// What posternd judges by, for commands that want to judge as it does: its rules, its configuration
// and what the user decided.
#pragma once

#include <string>
#include <vector>

#include "app/installation.h"
#include "app/rule_status.h"
#include "filter/preferences.h"
#include "rules/rule_source.h"

namespace postern {

struct Served {
  JudgementFiles judgement;       // of the daemon that ran last; the defaults where none did
  std::vector<RuleSource> rules;  // the serving set; the shipped one where no daemon ran
  std::vector<std::string> authserv_ids;
};

Result<Served> read_served(const StateFolder& state, StateStore& store);

// The servers whose Authentication-Results the daemon believes.
Result<std::vector<std::string>> served_authserv_ids(StateStore& store);

// no_user when there is no user of that name.
Result<void> require_user(StateStore& store, const std::string& name);

// What the user decided; nothing for no user ("").
Result<Preferences> preferences_of(StateStore& store, const std::string& user);

}  // namespace postern
