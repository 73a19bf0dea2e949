// postern rules status|rollback
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "app/rule_history.h"
#include "app/rule_status.h"
#include "base/file.h"
#include "commands.h"
#include "message_text.h"

namespace postern {
namespace {

Result<RuleStatus> read_status(const std::string& state) {
  const auto store = StateFolder(state).open_store();
  if (!store) return store.error();
  auto status = load_rule_status(**store);
  if (!status) return status.error();
  if (!*status) {
    return Error(Errc::no_input, "no posternd has run on '" + state + "' yet");
  }
  return std::move(**status);
}

boost::json::array to_json(const std::vector<std::string>& texts) {
  return boost::json::array(texts.begin(), texts.end());
}

void print_json(const RuleStatus& status) {
  fmt::print("{}\n", boost::json::serialize(boost::json::object{
                         {"state", std::string(to_string(status.state))},
                         {"serving", status.serving},
                         {"serving_since", to_rfc3339(status.serving_since)},
                         {"rules", status.rule_count},
                         {"serving_files", to_json(status.file_names)},
                         {"files", status.files},
                         {"files_since", to_rfc3339(status.files_since)},
                         {"error_count", status.error_count},
                         {"errors", to_json(status.errors)},
                         {"paths", to_json(status.judgement.rules)},
                     }));
}

void print(const RuleStatus& status) {
  const std::string since = to_rfc3339(status.files_since);
  switch (status.state) {
    case RuleState::good: fmt::print("good: what the files say is served\n"); break;
    case RuleState::broken:
      fmt::print("broken since {}: the last good set serves on until the files are mended\n",
                 since);
      break;
    case RuleState::partial:
      fmt::print("broken since {}: what can be understood is served\n", since);
      break;
    case RuleState::rolled_back:
      fmt::print("rolled back: set {} is served until the files change\n", status.serving);
      break;
  }
  fmt::print("set {}, {} rules, served since {}\n", status.serving, status.rule_count,
             to_rfc3339(status.serving_since));
  for (const std::string& name : status.file_names) fmt::print("  {}\n", printable(name));
  for (const std::string& error : status.errors) fmt::print("{}\n", printable(error));
  if (status.error_count > status.errors.size()) {
    fmt::print("and {} errors more; `postern rules check` names them all\n",
               status.error_count - status.errors.size());
  }
}

int print_list(const RuleHistory& history, const RuleStatus& status, bool json) {
  const auto entries = history.list();
  if (!entries) return fail(entries.error());
  boost::json::array array;
  for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
    const bool serving = entry->id == status.serving;
    if (json) {
      array.push_back({{"id", entry->id},
                       {"accepted", to_rfc3339(entry->accepted)},
                       {"files", entry->files},
                       {"rules", entry->rules},
                       {"serving", serving}});
    } else {
      fmt::print("{} {}\t{}\t{} files\t{} rules\n", serving ? '*' : ' ', entry->id,
                 to_rfc3339(entry->accepted), entry->files, entry->rules);
    }
  }
  if (json) fmt::print("{}\n", boost::json::serialize(array));
  return 0;
}

// The set to go back to: the newest that was accepted before the serving one.
Result<std::string> set_before(const RuleHistory& history, const std::string& serving) {
  const auto entries = history.list();
  if (!entries) return entries.error();
  const auto present =
      std::find_if(entries->begin(), entries->end(),
                   [&](const RuleHistory::Entry& entry) { return entry.id == serving; });
  // What serves is no accepted set (files with errors from the first): the newest one is before it.
  if (present == entries->begin() || entries->empty()) {
    return Error(Errc::no_input, "no good set of rules before the present one is kept");
  }
  return std::prev(present)->id;
}

int write_files(const RuleHistory& history, const std::string& id, const std::string& folder) {
  const auto sources = history.read(id);
  if (!sources) return fail(sources.error());
  const Result<void> made = make_directories(folder);
  if (!made) return fail(made.error());
  for (std::size_t i = 0; i < sources->size(); ++i) {
    // Files of several folders may have one name; the number keeps them apart, and in order.
    const RuleSource& source = (*sources)[i];
    const std::string name = std::filesystem::path(source.name).filename().string();
    const std::string path = fmt::format("{}/{:02}_{}", folder, i + 1, name);
    const Result<void> written = write_file_atomically(path, source.text, 0644);
    if (!written) return fail(written.error());
    fmt::print("{}\n", path);
  }
  return 0;
}

int undo(RuleHistory& history, const RuleStatus& status) {
  const auto pin = history.pin();
  if (pin && !*pin) return fail({Errc::no_input, "no rollback is in force"});
  const Result<void> cleared = history.clear_pin();
  if (!cleared) return fail(cleared.error());
  fmt::print("back to what the files say (set {}), unless they have errors\n", status.files);
  return 0;
}

int roll_back(RuleHistory& history, const RuleStatus& status, const std::string& to) {
  // Back to what the files hold is no rollback but the end of one.
  if (to == status.files) return undo(history, status);
  const Result<void> pinned = history.set_pin({to, status.files});
  if (!pinned) return fail(pinned.error());
  fmt::print("rolled back from set {} to {}; it holds until the rule files change\n",
             status.serving, to);
  fmt::print("undo: postern rules rollback --to {}\n", status.serving);
  return 0;
}

}  // namespace

int run_rules_status(const RulesStateOptions& options) {
  const auto status = read_status(options.state);
  if (!status) return fail(status.error());
  options.json ? print_json(*status) : print(*status);
  return status->error_count == 0 ? 0 : static_cast<int>(Errc::bad_data);
}

int run_rules_rollback(const RulesStateOptions& options) {
  const auto status = read_status(options.state);
  if (!status) return fail(status.error());
  RuleHistory history(StateFolder(options.state).rules());
  if (options.list) return print_list(history, *status, options.json);
  if (options.undo) return undo(history, *status);
  std::string to = options.to;
  if (to.empty()) {
    const auto before = set_before(history, status->serving);
    if (!before) return fail(before.error());
    to = *before;
  }
  if (!options.output.empty()) return write_files(history, to, options.output);
  // Only a set that can serve is pinned.
  const auto sound = history.read(to);
  if (!sound) return fail(sound.error());
  return roll_back(history, *status, to);
}

}  // namespace postern
