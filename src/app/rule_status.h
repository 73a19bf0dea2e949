// RuleStatus: which rules posternd serves, and whether the files are what serves. The daemon
// writes it into the state; the command `postern` reads it there.
//
// Plain values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/installation.h"
#include "base/clock.h"
#include "state/state_store.h"

namespace postern {

enum class RuleState : std::uint8_t {
  good,         // the files serve
  broken,       // the files have errors: the last good set serves on
  partial,      // the files have errors and no set was good before: what can be understood serves
  rolled_back,  // another set serves until the files change
};

std::string_view to_string(RuleState state);

struct RuleStatus {
  RuleState state = RuleState::good;
  std::string serving;  // ID of the set that judges new sessions' mail
  UnixSeconds serving_since{};
  std::string files;                    // ID of what the files hold
  UnixSeconds files_since{};            // when they were first seen so
  std::uint64_t rule_count = 0;         // of the serving set
  std::vector<std::string> file_names;  // of the serving set
  std::vector<std::string> errors;      // of the files: "FILE:LINE:COLUMN: error: ..."
  std::uint64_t error_count = 0;        // may be more than errors are kept
  JudgementFiles judgement;             // what the daemon was configured with
  std::vector<std::string> authserv_ids;
};

std::string encode_rule_status(const RuleStatus& status);
// bad_data when it is of another version or damaged.
Result<RuleStatus> decode_rule_status(std::string_view text);

// Nothing when no daemon has run on this state.
Result<std::optional<RuleStatus>> load_rule_status(StateStore& store);
Result<void> save_rule_status(StateStore& store, const RuleStatus& status);

}  // namespace postern
