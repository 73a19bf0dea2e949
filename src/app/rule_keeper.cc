#include "app/rule_keeper.h"

#include <algorithm>
#include <filesystem>

#include "base/ascii.h"
#include "base/hash.h"

namespace postern {
namespace {

// More than a person reads; the log has them all.
constexpr std::size_t most_errors_kept = 20;

std::vector<std::string> configured_paths(const JudgementFiles& files) {
  return files.rules.empty() ? std::vector<std::string>{shipped_rules()} : files.rules;
}

std::string name_of(const std::vector<std::string>& paths) {
  std::string all;
  for (const std::string& path : paths) all += path + '\n';
  return to_hex(hash_bytes(all));
}

std::vector<std::string> names_of(const std::vector<RuleSource>& sources) {
  std::vector<std::string> names;
  for (const RuleSource& source : sources) names.push_back(source.name);
  return names;
}

// As other programs, in other folders, must call it.
std::string absolute(const std::string& path) {
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(path, ignored);
  return path.empty() || ignored ? path : whole.string();
}

JudgementFiles absolute(JudgementFiles files) {
  for (std::string& path : files.rules) path = absolute(path);
  if (files.base_model != "none") files.base_model = absolute(files.base_model);
  files.site_model = absolute(files.site_model);
  return files;
}

LogLevel level_of(Severity severity) {
  return severity == Severity::error     ? LogLevel::warning
         : severity == Severity::warning ? LogLevel::info
                                         : LogLevel::debug;
}

}  // namespace

RuleKeeper::RuleKeeper(Setting setting, const StateFolder& state, StateStore& store)
    : setting_(std::move(setting)),
      paths_(configured_paths(setting_.judgement)),
      configured_(name_of(paths_)),
      store_(store),
      history_(state.rules()) {
  status_.judgement = absolute(setting_.judgement);
  status_.authserv_ids = setting_.authserv_ids;
  const auto before = load_rule_status(store_);
  if (before && *before) earlier_ = std::move(**before);
}

std::shared_ptr<const RuleSet> RuleKeeper::current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return serving_.rules;
}

std::vector<std::string> RuleKeeper::watched() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return watched_;
}

Result<bool> RuleKeeper::refresh() {
  const std::lock_guard<std::mutex> one_at_a_time(refreshing_);
  Files files = read_files();
  Result<Decision> decision = decide(files);
  if (!decision) return decision.error();
  const bool changed = take_over(*decision, files);
  files_ = std::move(files);
  return changed;
}

// The files, compiled unless they hold what they held before.
RuleKeeper::Files RuleKeeper::read_files() {
  Files files;
  auto sources = paths_.front().empty() ? Result<std::vector<RuleSource>>(no_shipped_rules())
                                        : read_rule_sources(paths_);
  if (!sources) {
    files.failure = sources.error();
    return files;
  }
  files.id = rule_set_id(*sources);
  if (files.id == files_.id) return files_;
  files.sources = std::move(*sources);
  std::vector<Diagnostic> diagnostics;
  files.rules = RuleSet::compile(files.sources, diagnostics);
  for (Diagnostic& one : diagnostics) {
    setting_.logger.log(level_of(one.severity), "rule", {{"what", to_string(one)}});
    if (one.severity == Severity::error) files.errors.push_back(std::move(one));
  }
  return files;
}

Result<RuleKeeper::Decision> RuleKeeper::decide(Files& files) {
  if (auto serving = pinned(files)) return Decision{RuleState::rolled_back, std::move(*serving)};
  Serving as_read{files.id, files.rules, names_of(files.sources)};
  if (files.rules != nullptr && files.errors.empty()) {
    accept(files);
    return Decision{RuleState::good, std::move(as_read)};
  }
  if (auto serving = last_good()) return Decision{RuleState::broken, std::move(*serving)};
  if (files.rules != nullptr) return Decision{RuleState::partial, std::move(as_read)};
  // Before, something served that no history holds: better than nothing.
  const std::lock_guard<std::mutex> lock(mutex_);
  if (serving_.rules != nullptr) return Decision{RuleState::broken, serving_};
  return *files.failure;
}

// The set of a rollback, while the files are those that it was rolled back from.
std::optional<RuleKeeper::Serving> RuleKeeper::pinned(const Files& files) {
  const auto pin = history_.pin();
  if (!pin) {
    setting_.logger.error("rollback-ignored", {{"why", pin.error().detail}});
    return std::nullopt;
  }
  if (!*pin) return std::nullopt;
  if ((*pin)->from == files.id) return load_kept((*pin)->to);
  setting_.logger.info("rollback-ended", {{"set", (*pin)->to}, {"why", "the files have changed"}});
  const Result<void> cleared = history_.clear_pin();
  if (!cleared) setting_.logger.error("rollback-not-ended", {{"why", cleared.error().detail}});
  return std::nullopt;
}

std::optional<RuleKeeper::Serving> RuleKeeper::last_good() {
  const auto entries = history_.list();
  if (!entries) return std::nullopt;
  for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
    if (entry->configured != configured_) continue;
    if (auto serving = load_kept(entry->id)) return serving;
  }
  return std::nullopt;
}

std::optional<RuleKeeper::Serving> RuleKeeper::load_kept(const std::string& id) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (serving_.id == id) return serving_;
  }
  if (files_.id == id && files_.rules != nullptr) {
    return Serving{id, files_.rules, names_of(files_.sources)};
  }
  const auto sources = history_.read(id);
  if (!sources) {
    setting_.logger.error("rules-not-kept", {{"why", sources.error().detail}});
    return std::nullopt;
  }
  std::vector<Diagnostic> known;
  return Serving{id, RuleSet::compile(*sources, known), names_of(*sources)};
}

// A set whose snapshot cannot be written serves all the same.
void RuleKeeper::accept(const Files& files) {
  if (accepted_ == files.id) return;
  const auto kept = history_.list();
  if (kept && !kept->empty() && kept->back().id == files.id &&
      kept->back().configured == configured_) {
    accepted_ = files.id;
    return;
  }
  const RuleHistory::Entry entry{files.id, setting_.clock(), files.sources.size(),
                                 files.rules->size(), configured_};
  const Result<void> added = history_.add(entry, files.sources, {status_.serving});
  if (!added) {
    setting_.logger.error("rules-not-kept", {{"why", added.error().detail}});
    return;
  }
  accepted_ = files.id;
}

bool RuleKeeper::take_over(const Decision& decision, const Files& files) {
  const RuleStatus before = status_;
  const UnixSeconds now = setting_.clock();
  status_.state = decision.state;
  if (status_.serving != decision.serving.id) {
    status_.serving = decision.serving.id;
    status_.serving_since = earlier_.serving == status_.serving ? earlier_.serving_since : now;
  }
  if (status_.files != files.id) {
    status_.files = files.id;
    status_.files_since = earlier_.files == status_.files ? earlier_.files_since : now;
  }
  earlier_ = {};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    serving_ = decision.serving;
    watched_ = paths_;
    for (const RuleSource& source : files.sources) watched_.push_back(source.name);
    watched_.push_back(history_.pin_file());
  }
  if (before.serving == status_.serving && before.files == status_.files &&
      before.state == status_.state) {
    return false;
  }
  write_status(files);
  log_decision(files);
  return before.serving != status_.serving;
}

void RuleKeeper::write_status(const Files& files) {
  status_.rule_count = serving_.rules->size();
  status_.file_names.clear();
  for (const std::string& name : serving_.file_names) status_.file_names.push_back(absolute(name));
  status_.errors.clear();
  for (const Diagnostic& one : files.errors) {
    if (status_.errors.size() < most_errors_kept) status_.errors.push_back(to_string(one));
  }
  status_.error_count = files.errors.size();
  if (files.failure) {
    status_.errors.push_back(files.failure->detail);
    status_.error_count = 1;
  }
  const Result<void> saved = save_rule_status(store_, status_);
  if (!saved) setting_.logger.error("rules-status-not-kept", {{"why", saved.error().detail}});
}

void RuleKeeper::log_decision(const Files& files) const {
  const Logger& log = setting_.logger;
  const std::string first = status_.errors.empty() ? "" : status_.errors.front();
  switch (status_.state) {
    case RuleState::good:
      log.info("rules-accepted", {{"set", status_.serving},
                                  {"files", status_.file_names.size()},
                                  {"rules", status_.rule_count}});
      return;
    case RuleState::broken:
      log.error("rules-broken", {{"errors", status_.error_count},
                                 {"first", first},
                                 {"serving", "the last good set"},
                                 {"set", status_.serving}});
      return;
    case RuleState::partial:
      log.error("rules-broken", {{"errors", status_.error_count},
                                 {"first", first},
                                 {"serving", "what can be understood"},
                                 {"set", status_.serving}});
      return;
    case RuleState::rolled_back:
      log.warning("rules-rolled-back",
                  {{"set", status_.serving}, {"from", files.id}, {"until", "the files change"}});
      return;
  }
}

}  // namespace postern
