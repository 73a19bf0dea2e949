#include "app/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/file.h"

namespace postern {
namespace {

const ConfigKey* find_key(std::string_view name) {
  const auto& keys = config_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const ConfigKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

// A scalar as the text that a flag would give; nothing for tables, dates and arrays.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_floating_point()) {
    std::ostringstream out;
    out << node.as_floating_point()->get();
    return out.str();
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> values_of(const toml::node& node, bool list) {
  if (const auto scalar = scalar_text(node)) return std::vector<std::string>{*scalar};
  const toml::array* array = node.as_array();
  if (array == nullptr || !list) return std::nullopt;
  std::vector<std::string> values;
  for (const toml::node& element : *array) {
    const auto text = scalar_text(element);
    if (!text) return std::nullopt;
    values.push_back(*text);
  }
  return values;
}

Error at(const std::string& place, const std::string& what) {
  return {Errc::configuration, place + ": " + what};
}

// The known key that a misspelt one was most likely meant to be, for the advice.
std::string nearest_key(std::string_view wrong) {
  std::string best;
  std::size_t best_shared = 2;  // fewer letters in common are no hint
  for (const ConfigKey& key : config_keys()) {
    std::size_t shared = 0;
    while (shared < std::min(wrong.size(), key.name.size()) && wrong[shared] == key.name[shared]) {
      ++shared;
    }
    if (shared > best_shared) {
      best_shared = shared;
      best = key.name;
    }
  }
  return best;
}

Error unknown_key(const std::string& place, std::string_view key) {
  const std::string nearest = nearest_key(key);
  return at(place, "unknown key '" + std::string(key) + "'" +
                       (nearest.empty() ? "; `posternd --help` lists the keys"
                                        : "; did you mean '" + nearest + "'?"));
}

constexpr std::string_view upstream_prefix = "upstream.";

// A key of the table [[upstream]] that began last.
Result<void> set_in_upstream(Config& config, const GivenSetting& given) {
  const std::string_view name = std::string_view(given.key).substr(upstream_prefix.size());
  if (name.empty()) {
    config.upstreams.push_back(default_upstream());
    return {};
  }
  for (const UpstreamKey& key : upstream_keys()) {
    if (key.name != name) continue;
    if (given.values.empty() || (!key.list && given.values.size() != 1)) {
      return at(given.place, "'" + std::string(name) + "' needs " +
                                 (key.list ? "a value or a list of values" : "a single value"));
    }
    const Result<void> done = key.set(config.upstreams.back(), given.values);
    if (!done) return at(given.place, std::string(name) + ": " + done.error().detail);
    return {};
  }
  return at(given.place,
            "unknown key '" + std::string(name) + "' in [[upstream]]; README.md lists the keys");
}

Result<void> set(Config& config, const GivenSetting& given) {
  if (given.key.starts_with(upstream_prefix)) return set_in_upstream(config, given);
  const ConfigKey* key = find_key(given.key);
  if (key == nullptr) return unknown_key(given.place, given.key);
  if (given.values.empty() || (!key->list && given.values.size() != 1)) {
    return at(given.place, "'" + given.key + "' needs " + (key->list ? "a value" : "one value"));
  }
  const Result<void> done = key->set(config, given.values);
  if (!done) return at(given.place, given.key + ": " + done.error().detail);
  return {};
}

// One of pop3 and pop3s is given, and this is the other.
bool is_unwanted_default(std::string_view key, std::span<const GivenSetting> given) {
  if (key != "pop3" && key != "pop3s") return false;
  const std::string_view other = key == "pop3" ? "pop3s" : "pop3";
  return std::any_of(given.begin(), given.end(),
                     [&](const GivenSetting& one) { return one.key == other; });
}

Result<void> check(const Config& config) {
  for (const UpstreamConfig& upstream : config.upstreams) {
    if (!upstream.server.host.empty()) continue;
    return Error(Errc::configuration,
                 "a table [[upstream]] has no url, for example url = \"pop3s://pop.example.org\"");
  }
  const TlsConfig& tls = config.tls;
  if (!tls.keys.empty() && tls.keys.size() != tls.certificates.size()) {
    return Error(Errc::configuration,
                 "tls_key and tls_certificate must name equally many files, in the same order");
  }
  if (tls.client_certificate_required && tls.client_authorities.empty()) {
    return Error(Errc::configuration,
                 "client certificates are required, but tls_client_authorities does not say whose");
  }
  if (config.policy.unsure_from > config.policy.spam_from) {
    return Error(Errc::configuration, "unsure_from is greater than spam_from");
  }
  return {};
}

// In TOML such values stand without quotes.
bool is_literal(std::string_view type) {
  return type == "NUMBER" || type == "SECONDS" || type == "POINTS" || type == "PERCENT" ||
         type == "true|false";
}

using LinedSettings = std::vector<std::pair<toml::source_index, GivenSetting>>;

// The tables [[upstream]], flat.
Result<void> add_upstreams(const toml::array& tables, const std::string& name,
                           LinedSettings& found) {
  const std::string prefix(upstream_prefix);
  for (const toml::node& element : tables) {
    const toml::table& table = *element.as_table();
    const toml::source_index begin = table.source().begin.line;
    found.push_back({begin, {prefix, {}, name + ":" + std::to_string(begin)}});
    for (const auto& [key, node] : table) {
      const toml::source_index line = key.source().begin.line;
      const std::string place = name + ":" + std::to_string(line);
      auto values = values_of(node, true);
      if (!values) return at(place, "'" + std::string(key.str()) + "' needs a value");
      found.push_back({line, {prefix + std::string(key.str()), std::move(*values), place}});
    }
  }
  return {};
}

}  // namespace

std::string ConfigKey::flag() const {
  std::string text = "--" + std::string(name);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

Result<std::vector<GivenSetting>> parse_config(std::string_view text, const std::string& name) {
  toml::table table;
  try {
    table = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return at(name + ":" + std::to_string(error.source().begin.line),
              std::string(error.description()));
  }
  LinedSettings found;
  for (const auto& [toml_key, node] : table) {
    const std::string key(toml_key.str());
    const toml::source_index line = toml_key.source().begin.line;
    const std::string place = name + ":" + std::to_string(line);
    const ConfigKey* known = find_key(key);
    if (known == nullptr) return unknown_key(place, key);
    if (key == "upstream" && node.is_array_of_tables()) {
      const Result<void> added = add_upstreams(*node.as_array(), name, found);
      if (!added) return added.error();
      continue;
    }
    auto values = values_of(node, known->list);
    if (!values) {
      return at(place, "'" + key + "' needs " +
                           (known->list ? "a value or a list of values" : "a single value"));
    }
    found.push_back({line, {key, std::move(*values), place}});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<GivenSetting> settings;
  for (auto& [line, setting] : found) settings.push_back(std::move(setting));
  return settings;
}

Result<std::vector<GivenSetting>> read_config_file(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text) return Error(Errc::configuration, text.error().detail);
  return parse_config(*text, path);
}

Result<Config> make_config(std::span<const GivenSetting> given) {
  Config config;
  for (const ConfigKey& key : config_keys()) {
    if (key.default_value.empty() || is_unwanted_default(key.name, given)) continue;
    const std::vector<std::string> values{std::string(key.default_value)};
    const Result<void> done = key.set(config, values);
    if (!done) return done.error();
  }
  for (const GivenSetting& setting : given) {
    const Result<void> done = set(config, setting);
    if (!done) return done.error();
  }
  const Result<void> sound = check(config);
  if (!sound) return sound.error();
  return config;
}

std::string default_config_text() {
  std::string text = "# posternd: every key with its default. Each is a flag, too: --key value.\n";
  for (const ConfigKey& key : config_keys()) {
    text += "\n# " + std::string(key.doc) + "\n";
    const std::string quote = is_literal(key.type) ? "" : "\"";
    std::string value = quote + std::string(key.default_value) + quote;
    if (key.list) value = key.default_value.empty() ? "[]" : "[" + value + "]";
    const bool unset = key.default_value.empty();
    text += (unset ? "#" : "") + std::string(key.name) + " = " + value + "\n";
  }
  return text;
}

}  // namespace postern
