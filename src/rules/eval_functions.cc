#include "rules/eval_functions.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace postern {

namespace {

constexpr const char* network = "it asks the network";
constexpr const char* learning = "Postern's own classifier does this";
constexpr const char* setting = "nothing is set here that it could look up";

// Functions that are known and never hit.
constexpr EvalEntry absent[] = {
    {"check_access_database", nullptr, setting},
    {"check_arc_signed", nullptr, network},
    {"check_arc_valid", nullptr, network},
    {"check_bayes", nullptr, learning},
    {"check_dcc", nullptr, network},
    {"check_dcc_reputation_range", nullptr, network},
    {"check_dkim_adsp", nullptr, network},
    {"check_dkim_dependable", nullptr, network},
    {"check_dkim_signall", nullptr, network},
    {"check_dkim_signed", nullptr, network},
    {"check_dkim_signsome", nullptr, network},
    {"check_dkim_testing", nullptr, network},
    {"check_dkim_valid", nullptr, network},
    {"check_dkim_valid_author_sig", nullptr, network},
    {"check_dkim_valid_envelopefrom", nullptr, network},
    {"check_dmarc_missing", nullptr, network},
    {"check_dmarc_none", nullptr, network},
    {"check_dmarc_pass", nullptr, network},
    {"check_dmarc_quarantine", nullptr, network},
    {"check_dmarc_reject", nullptr, network},
    {"check_dns_sender", nullptr, network},
    {"check_for_def_dkim_welcomelist_from", nullptr, network},
    {"check_for_def_dkim_whitelist_from", nullptr, network},
    {"check_for_def_spf_welcomelist_from", nullptr, network},
    {"check_for_def_spf_whitelist_from", nullptr, network},
    {"check_for_dkim_welcomelist_from", nullptr, network},
    {"check_for_dkim_whitelist_from", nullptr, network},
    {"check_for_faraway_charset", nullptr, setting},
    {"check_for_faraway_charset_in_headers", nullptr, setting},
    {"check_for_spf_fail", nullptr, network},
    {"check_for_spf_helo_fail", nullptr, network},
    {"check_for_spf_helo_neutral", nullptr, network},
    {"check_for_spf_helo_none", nullptr, network},
    {"check_for_spf_helo_pass", nullptr, network},
    {"check_for_spf_helo_permerror", nullptr, network},
    {"check_for_spf_helo_softfail", nullptr, network},
    {"check_for_spf_helo_temperror", nullptr, network},
    {"check_for_spf_neutral", nullptr, network},
    {"check_for_spf_none", nullptr, network},
    {"check_for_spf_pass", nullptr, network},
    {"check_for_spf_permerror", nullptr, network},
    {"check_for_spf_softfail", nullptr, network},
    {"check_for_spf_temperror", nullptr, network},
    {"check_for_spf_welcomelist_from", nullptr, network},
    {"check_for_spf_whitelist_from", nullptr, network},
    {"check_from_in_auto_welcomelist", nullptr, learning},
    {"check_from_in_auto_whitelist", nullptr, learning},
    {"check_hashbl_bodyre", nullptr, network},
    {"check_hashbl_emails", nullptr, network},
    {"check_hashbl_uris", nullptr, network},
    {"check_pyzor", nullptr, network},
    {"check_razor2", nullptr, network},
    {"check_razor2_range", nullptr, network},
    {"check_rbl", nullptr, network},
    {"check_rbl_envfrom", nullptr, network},
    {"check_rbl_from_domain", nullptr, network},
    {"check_rbl_from_host", nullptr, network},
    {"check_rbl_sub", nullptr, network},
    {"check_rbl_txt", nullptr, network},
    {"check_senders_reputation", nullptr, learning},
    {"check_uridnsbl", nullptr, network},
    {"html_charset_faraway", nullptr, setting},
};

}  // namespace

const std::vector<EvalEntry>& eval_functions() {
  static const std::vector<EvalEntry> all = [] {
    EvalTable table(std::begin(absent), std::end(absent));
    append_html_functions(table);
    append_mime_functions(table);
    append_header_functions(table);
    append_relay_functions(table);
    append_list_functions(table);
    append_freemail_functions(table);
    append_alternative_functions(table);
    std::sort(table.begin(), table.end(),
              [](const EvalEntry& a, const EvalEntry& b) { return a.name < b.name; });
    return table;
  }();
  return all;
}

const EvalEntry* find_eval_function(std::string_view name) {
  const auto& all = eval_functions();
  const auto found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const EvalEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != all.end() && found->name == name ? &*found : nullptr;
}

double number_argument(const EvalArguments& arguments, std::size_t index, double otherwise) {
  const std::string_view text = text_argument(arguments, index);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

std::string_view text_argument(const EvalArguments& arguments, std::size_t index) {
  const auto& words = arguments.words;
  return index < words.size() ? std::string_view(words[index]) : std::string_view();
}

bool EvalArguments::matches(std::string_view text, MessageFacts& facts) const {
  return regex && regex->count_alone(0, {text}, facts.budget()) > 0;
}

}  // namespace postern
