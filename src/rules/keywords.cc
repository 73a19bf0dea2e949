#include "rules/keywords.h"

#include <algorithm>
#include <array>

namespace postern {

namespace {

struct Ignored {
  std::string_view keyword;  // with '*' at the end: any keyword that begins so
  const char* why;
};

constexpr const char* plugin_rule = "rules of this kind are not available yet";
constexpr const char* setting = "a setting of SpamAssassin's program";
constexpr const char* network = "network checks are not made";
constexpr const char* learning = "Postern's classifier has its own settings";
constexpr const char* limits = "5.0 points are spam here; change the scores instead";
constexpr const char* report_text = "Postern writes its own labels";

constexpr Ignored ignored[] = {
    {"askdns", network},
    {"urirhs*", network},
    {"urins*", network},
    {"uridnsbl*", network},
    {"uridnssub*", network},
    {"util_rb_*", network},
    {"whitelist_*", network},
    {"welcomelist_*", network},
    {"unwhitelist_*", network},
    {"unwelcomelist_*", network},
    {"def_*", network},
    {"freemail_*", setting},
    {"shortcircuit*", plugin_rule},
    {"reuse", plugin_rule},
    {"url_shortener*", plugin_rule},
    {"max_short_urls", plugin_rule},
    {"adsp_override", network},
    {"asn_*", network},
    {"dkim_*", network},
    {"dns_*", network},
    {"dnsbl_*", network},
    {"dcc_*", network},
    {"pyzor_*", network},
    {"razor_*", network},
    {"use_dcc", network},
    {"use_pyzor", network},
    {"use_razor2", network},
    {"rbl_*", network},
    {"skip_*", network},
    {"clear_uridnsbl*", network},
    {"parse_dkim_uris", network},
    {"bayes_*", learning},
    {"use_bayes*", learning},
    {"auto_*", learning},
    {"txrep_*", learning},
    {"awl_*", learning},
    {"add_header", report_text},
    {"remove_header", report_text},
    {"clear_*", report_text},
    {"report*", report_text},
    {"unsafe_report", report_text},
    {"rewrite_header", report_text},
    {"subjprefix", report_text},
    {"subject_tag", report_text},
    {"fold_headers", report_text},
    {"required_score", limits},
    {"required_hits", limits},
    {"always_trust_envelope_sender", setting},
    {"envelope_sender_header", setting},
    {"priority", "every rule runs, whatever the order"},
    {"tryplugin", "plugins are Perl code"},
    {"loadplugin*", "plugins are Perl code"},
    {"require_version", setting},
    {"version_tag", setting},
    {"ok_languages", plugin_rule},
    {"ok_locales", plugin_rule},
    {"inactive_languages", plugin_rule},
    {"textcat_*", plugin_rule},
    {"normalize_charset", "texts are always turned into UTF-8"},
    {"allow_user_rules", setting},
    {"redirector_pattern", setting},
    {"lock_method", setting},
    {"time_limit", "evaluation is linear in the message"},
    {"rule_*", setting},
    {"body_part_scan_size", setting},
    {"rawbody_part_scan_size", setting},
    {"user_scores_*", setting},
    {"user_awl_*", setting},
    {"geodb_*", setting},
    {"country_db_*", setting},
    {"enable_compat", setting},
    {"vbounce_*", plugin_rule},
    {"spf_*", network},
    {"use_*", setting},
    {"olemacro_*", plugin_rule},
    {"fns_*", plugin_rule},
    {"phishing_*", plugin_rule},
    {"extracttext_*", plugin_rule},
    {"dmarc_*", network},
    {"arc_*", network},
    {"hashbl_*", network},
};

constexpr std::array<std::string_view, 9> rule_keywords = {
    "header", "body", "rawbody", "uri", "full", "meta", "mimeheader", "uri_detail", "askdns"};

constexpr std::array<std::string_view, 20> flags = {"nice",
                                                    "multiple",
                                                    "maxhits",
                                                    "noautolearn",
                                                    "userconf",
                                                    "net",
                                                    "learn",
                                                    "autolearn_body",
                                                    "autolearn_force",
                                                    "autolearn_header",
                                                    "publish",
                                                    "nopublish",
                                                    "noawl",
                                                    "dnsbl_skip",
                                                    "domains_only",
                                                    "ips_only",
                                                    "notrim",
                                                    "nosubject",
                                                    "a",
                                                    "ns"};

bool matches(std::string_view pattern, std::string_view keyword) {
  if (pattern.back() != '*') return pattern == keyword;
  pattern.remove_suffix(1);
  return keyword.substr(0, pattern.size()) == pattern;
}

}  // namespace

const char* why_ignored(std::string_view keyword) {
  const auto found =
      std::find_if(std::begin(ignored), std::end(ignored),
                   [keyword](const Ignored& entry) { return matches(entry.keyword, keyword); });
  return found == std::end(ignored) ? nullptr : found->why;
}

bool defines_rule(std::string_view keyword) {
  return std::find(rule_keywords.begin(), rule_keywords.end(), keyword) != rule_keywords.end() ||
         keyword.substr(0, 3) == "uri";
}

bool is_known_flag(std::string_view flag) {
  return std::find(flags.begin(), flags.end(), flag.substr(0, flag.find('='))) != flags.end();
}

}  // namespace postern
