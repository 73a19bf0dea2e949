#include "app/rule_status.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/ascii.h"

namespace postern {
namespace {

constexpr std::string_view version_line = "postern rules status 1";
constexpr const char* setting_name = "rules-status";

constexpr std::array<std::pair<RuleState, std::string_view>, 4> states{{
    {RuleState::good, "good"},
    {RuleState::broken, "broken"},
    {RuleState::partial, "partial"},
    {RuleState::rolled_back, "rolled-back"},
}};

// A line "key value"; line ends inside a value (of a strange path) become spaces.
class Writer {
 public:
  void add(std::string_view key, std::string_view value) {
    text_ += key;
    text_ += ' ';
    for (const char c : value) text_ += c == '\n' || c == '\r' ? ' ' : c;
    text_ += '\n';
  }
  void add(std::string_view key, std::int64_t number) { add(key, std::to_string(number)); }
  void add(std::string_view key, UnixSeconds time) { add(key, time.time_since_epoch().count()); }
  void add(std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) add(key, std::string_view(value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_ = std::string(version_line) + "\n";
};

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

UnixSeconds time_of(std::string_view text) {
  return UnixSeconds(std::chrono::seconds(number_of(text)));
}

void set(RuleStatus& status, std::string_view key, std::string_view value) {
  const auto points = [&] { return static_cast<MilliPoints>(number_of(value)); };
  JudgementFiles& judgement = status.judgement;
  if (key == "state") {
    for (const auto& [state, name] : states) {
      if (name == value) status.state = state;
    }
  } else if (key == "serving") {
    status.serving = value;
  } else if (key == "serving-since") {
    status.serving_since = time_of(value);
  } else if (key == "files") {
    status.files = value;
  } else if (key == "files-since") {
    status.files_since = time_of(value);
  } else if (key == "rules") {
    status.rule_count = static_cast<std::uint64_t>(number_of(value));
  } else if (key == "file") {
    status.file_names.emplace_back(value);
  } else if (key == "error") {
    status.errors.emplace_back(value);
  } else if (key == "error-count") {
    status.error_count = static_cast<std::uint64_t>(number_of(value));
  } else if (key == "path") {
    judgement.rules.emplace_back(value);
  } else if (key == "base-model") {
    judgement.base_model = value;
  } else if (key == "site-model") {
    judgement.site_model = value;
  } else if (key == "spam-from") {
    judgement.policy.spam_from = points();
  } else if (key == "unsure-from") {
    judgement.policy.unsure_from = points();
  } else if (key == "ham-loss-millionths") {
    judgement.ham_loss = static_cast<double>(number_of(value)) / 1e6;
  } else if (key == "authserv-id") {
    status.authserv_ids.emplace_back(value);
  }
}

}  // namespace

std::string_view to_string(RuleState state) {
  for (const auto& [known, name] : states) {
    if (known == state) return name;
  }
  return "good";
}

std::string encode_rule_status(const RuleStatus& status) {
  const JudgementFiles& judgement = status.judgement;
  Writer out;
  out.add("state", to_string(status.state));
  out.add("serving", status.serving);
  out.add("serving-since", status.serving_since);
  out.add("files", status.files);
  out.add("files-since", status.files_since);
  out.add("rules", static_cast<std::int64_t>(status.rule_count));
  out.add("file", status.file_names);
  out.add("error-count", static_cast<std::int64_t>(status.error_count));
  out.add("error", status.errors);
  out.add("path", judgement.rules);
  out.add("base-model", judgement.base_model);
  out.add("site-model", judgement.site_model);
  out.add("spam-from", std::int64_t{judgement.policy.spam_from});
  out.add("unsure-from", std::int64_t{judgement.policy.unsure_from});
  out.add("ham-loss-millionths", static_cast<std::int64_t>(judgement.ham_loss * 1e6 + 0.5));
  out.add("authserv-id", status.authserv_ids);
  return out.take();
}

Result<RuleStatus> decode_rule_status(std::string_view text) {
  RuleStatus status;
  const auto lines = split(text, '\n');
  if (lines.front() != version_line) {
    return Error(Errc::bad_data,
                 "the status of the rules was written by another version; restart posternd");
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t space = lines[i].find(' ');
    if (space == std::string_view::npos) continue;
    set(status, lines[i].substr(0, space), lines[i].substr(space + 1));
  }
  return status;
}

Result<std::optional<RuleStatus>> load_rule_status(StateStore& store) {
  const auto text = store.find_setting(setting_name);
  if (!text) return text.error();
  if (!*text) return std::optional<RuleStatus>();
  auto status = decode_rule_status(**text);
  if (!status) return status.error();
  return std::optional<RuleStatus>(std::move(*status));
}

Result<void> save_rule_status(StateStore& store, const RuleStatus& status) {
  return store.put_setting(setting_name, encode_rule_status(status));
}

}  // namespace postern
