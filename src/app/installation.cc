#include "app/installation.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/file.h"
#include "state/sqlite_store.h"

namespace postern {
namespace {

std::string program_folder() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return ".";
  const std::string program(path.data(), static_cast<std::size_t>(size));
  return program.substr(0, program.rfind('/'));
}

// The folder that holds rules/ and models/.
std::string share_folder() {
  if (const char* given = std::getenv("POSTERN_SHARE")) return given;
  const std::string folder = program_folder();
  // Installed, or in the source tree's build/PRESET.
  for (const char* place : {"/../share/postern", "/../.."}) {
    if (is_directory(folder + place + "/rules")) return folder + place;
  }
  return "";
}

std::string shipped(const std::string& name, bool (*is_there)(const std::string&)) {
  const std::string folder = share_folder();
  const std::string path = folder + "/" + name;
  return !folder.empty() && is_there(path) ? path : "";
}

void log_diagnostics(const std::vector<Diagnostic>& diagnostics, const Logger& logger) {
  for (const Diagnostic& diagnostic : diagnostics) {
    const LogLevel level = diagnostic.severity == Severity::error     ? LogLevel::warning
                           : diagnostic.severity == Severity::warning ? LogLevel::info
                                                                      : LogLevel::debug;
    logger.log(level, "rule", {{"what", to_string(diagnostic)}});
  }
}

// With a stated ham loss, spam is what the user's own lessons say; else, and while they are too few
// to tell, what the policy says.
Policy policy_for(const JudgementFiles& files, const Model* personal) {
  Policy policy = files.policy;
  if (files.ham_loss <= 0 || personal == nullptr) return policy;
  const auto own = own_threshold(personal->state().scores, files.ham_loss);
  if (own) policy.spam_from = std::max(points_of_nats(own->log_odds), policy.unsure_from);
  return policy;
}

Result<std::shared_ptr<const RuleSet>> load_logged_rules(const JudgementFiles& files,
                                                         const Logger& logger) {
  std::vector<Diagnostic> diagnostics;
  const auto rules = load_rules(files, diagnostics);
  if (rules) log_diagnostics(diagnostics, logger);
  return rules;
}

std::shared_ptr<const Scanner> assemble(const JudgementFiles& files,
                                        std::shared_ptr<const RuleSet> rules, Background background,
                                        std::shared_ptr<const Model> personal) {
  const Policy policy = policy_for(files, personal.get());
  return std::make_shared<const Scanner>(
      std::move(rules),
      std::make_shared<const Classifier>(std::move(background), std::move(personal)), policy);
}

}  // namespace

std::string shipped_rules() { return shipped("rules", is_directory); }
std::string shipped_base_model() { return shipped("models/base.model", is_file); }

Error no_shipped_rules() {
  return {Errc::configuration,
          "the shipped rules are not beside the program; name a folder with --rules, or "
          "set POSTERN_SHARE to the folder that holds rules/ and models/"};
}

Result<std::unique_ptr<StateStore>> StateFolder::open_store() const {
  const Result<void> made = make_directories(path_);
  if (!made) return made.error();
  auto store = SqliteStore::open(database());
  if (!store) return store.error();
  return std::unique_ptr<StateStore>(std::move(*store));
}

Result<std::vector<std::string>> rule_paths(const std::vector<std::string>& paths) {
  if (!paths.empty()) return paths;
  std::string rules = shipped_rules();
  if (rules.empty()) return no_shipped_rules();
  return std::vector<std::string>{std::move(rules)};
}

Result<std::shared_ptr<const RuleSet>> load_rules(const JudgementFiles& files,
                                                  std::vector<Diagnostic>& diagnostics) {
  const auto paths = rule_paths(files.rules);
  if (!paths) return paths.error();
  return RuleSet::load(*paths, diagnostics);
}

Result<std::shared_ptr<const BaseModel>> load_base_model(const std::string& base_model) {
  if (base_model == "none") return std::shared_ptr<const BaseModel>();
  if (!base_model.empty()) return BaseModel::open(base_model);
  const std::string path = shipped_base_model();
  if (path.empty()) return std::shared_ptr<const BaseModel>();
  return BaseModel::open(path);
}

Result<Background> load_background(const std::string& base_model, const std::string& site_model) {
  auto base = load_base_model(base_model);
  if (!base) return base.error();
  if (site_model.empty()) return Background(*base);
  auto site = Model::open(site_model);
  if (!site) return site.error();
  return Background::of(*base, *site);
}

Result<std::shared_ptr<const Model>> current_model(const StateFolder& state, StateStore& store,
                                                   Background background) {
  const auto lessons = store.count_lessons();
  if (!lessons) return lessons.error();
  if (lessons->ham + lessons->spam == 0) return std::shared_ptr<const Model>();
  const Result<void> folded =
      Teacher(store, state.personal_model(), std::move(background), system_clock()).catch_up();
  if (!folded) return folded.error();
  return Model::open(state.personal_model());
}

Result<std::shared_ptr<const Scanner>> build_scanner(const StateFolder& state, StateStore& store,
                                                     const JudgementFiles& files,
                                                     const Logger& logger) {
  const auto rules = load_logged_rules(files, logger);
  if (!rules) return rules.error();
  return build_scanner(state, store, files, *rules);
}

Result<std::shared_ptr<const Scanner>> build_scanner(const StateFolder& state, StateStore& store,
                                                     const JudgementFiles& files,
                                                     std::shared_ptr<const RuleSet> rules) {
  auto background = load_background(files.base_model, files.site_model);
  if (!background) return background.error();
  auto personal = current_model(state, store, *background);
  if (!personal) return personal.error();
  return assemble(files, std::move(rules), *background, *personal);
}

Result<std::shared_ptr<const Scanner>> build_scanner(const JudgementFiles& files,
                                                     const Logger& logger) {
  const auto rules = load_logged_rules(files, logger);
  if (!rules) return rules.error();
  auto background = load_background(files.base_model, files.site_model);
  if (!background) return background.error();
  return assemble(files, *rules, *background, nullptr);
}

}  // namespace postern
