#include "rules/condition.h"

#include <algorithm>
#include <iterator>

#include "base/ascii.h"

namespace postern {

namespace {

constexpr double perl_version = 5.036000;

// Plugins of which Postern has the rules and functions, or says of them that they never hit.
constexpr std::string_view plugins[] = {"AskDNS",
                                        "Bayes",
                                        "BodyEval",
                                        "Check",
                                        "DKIM",
                                        "DMARC",
                                        "DNSEval",
                                        "FreeMail",
                                        "HTMLEval",
                                        "HTTPSMismatch",
                                        "HashBL",
                                        "HeaderEval",
                                        "ImageInfo",
                                        "MIMEEval",
                                        "MIMEHeader",
                                        "Pyzor",
                                        "Razor2",
                                        "RelayEval",
                                        "ReplaceTags",
                                        "SPF",
                                        "SpamCop",
                                        "URIDNSBL",
                                        "URIDetail",
                                        "URIEval",
                                        "VBounce",
                                        "WLBLEval",
                                        "WelcomeListSubject",
                                        "AutoLearnThreshold"};

constexpr std::string_view features[] = {"feature_originating_ip_headers",
                                         "feature_uri_host_listed",
                                         "feature_yesno_takes_args",
                                         "feature_bug6558_free",
                                         "feature_registryboundaries",
                                         "feature_compile_regexp",
                                         "feature_meta_rules_matching",
                                         "feature_get_host",
                                         "feature_blocklist_welcomelist",
                                         "feature_welcomelist_blocklist",
                                         "feature_header_address_parser",
                                         "feature_local_tests_only",
                                         "feature_header_first_last",
                                         "feature_header_match_many",
                                         "feature_capture_rules",
                                         "has_tflags_nosubject",
                                         "has_tflags_nolog",
                                         "perl_min_version_5010000",
                                         "feature_dns_query_restriction",
                                         "feature_dns_block_rule",
                                         "feature_edns",
                                         "feature_subjprefix",
                                         "compat_welcomelist_blocklist"};

constexpr std::string_view plugin_prefix = "Mail::SpamAssassin::Plugin::";
constexpr std::string_view setting_prefix = "Mail::SpamAssassin::Conf::";

template <std::size_t Size>
bool is_listed(const std::string_view (&list)[Size], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

// can(Mail::SpamAssassin::Plugin::X::has_y), can(Mail::SpamAssassin::Conf::feature_z)
bool is_capability(std::string_view name) {
  if (name.substr(0, setting_prefix.size()) == setting_prefix) {
    return is_listed(features, name.substr(setting_prefix.size()));
  }
  const std::size_t function = name.rfind("::");
  return function != std::string_view::npos && is_available_plugin(name.substr(0, function));
}

// Replaces "plugin ( Mail::... )" and its like by as many blanks and a 0 or 1, so that columns
// stay.
std::string with_calls_as_numbers(std::string_view text) {
  std::string plain(text);
  for (const std::string_view function : {"plugin", "can", "has"}) {
    std::size_t at = 0;
    while ((at = plain.find(function, at)) != std::string::npos) {
      const bool whole_word = at == 0 || !(is_ascii_alnum(plain[at - 1]) || plain[at - 1] == '_' ||
                                           plain[at - 1] == ':');
      std::size_t open = at + function.size();
      while (open < plain.size() && is_ascii_space(plain[open])) ++open;
      const std::size_t close =
          open < plain.size() && plain[open] == '(' ? plain.find(')', open) : std::string::npos;
      if (!whole_word || close == std::string::npos) {
        at += function.size();
        continue;
      }
      const std::string argument(
          trimmed(std::string_view(plain).substr(open + 1, close - open - 1)));
      const bool holds = function == "plugin" ? is_available_plugin(argument)
                         : function == "can"  ? is_capability(argument)
                                              : false;
      plain.replace(at, close + 1 - at, close + 1 - at, ' ');
      plain[at] = holds ? '1' : '0';
    }
  }
  return plain;
}

}  // namespace

bool is_available_plugin(std::string_view name) {
  if (name.substr(0, plugin_prefix.size()) != plugin_prefix) return false;
  return is_listed(plugins, name.substr(plugin_prefix.size()));
}

Condition evaluate_condition(std::string_view text) {
  Condition condition;
  MetaExpression expression;
  if (!expression.parse(with_calls_as_numbers(text), condition.failure)) return condition;
  for (const MetaExpression::Name& name : expression.names()) {
    if (name.text != "version" && name.text != "perl_version" && name.text != "true" &&
        name.text != "false" && name.text != "local_tests_only") {
      condition.failure = {name.at, "unknown condition '" + name.text + "'",
                           "version, plugin(), can(), has() and local_tests_only are understood"};
      return condition;
    }
  }
  condition.ok = true;
  condition.holds = expression.evaluate([&expression](std::uint32_t index) {
    const std::string& name = expression.names()[index].text;
    if (name == "version") return language_version;
    if (name == "perl_version") return perl_version;
    return name == "true" || name == "local_tests_only" ? 1.0 : 0.0;
  }) != 0;
  return condition;
}

}  // namespace postern
