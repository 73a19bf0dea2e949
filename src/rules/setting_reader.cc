#include "rules/setting_reader.h"

#include "base/ascii.h"
#include "base/hash.h"
#include "rules/rule_line.h"

namespace postern {

namespace {

// The newer of two names for the same thing.
std::string with_new_names(std::string_view keyword) {
  std::string name(keyword);
  for (const auto& [old, now] :
       {std::pair("whitelist", "welcomelist"), {"blacklist", "blocklist"}}) {
    if (const std::size_t at = name.find(old); at != std::string::npos) {
      name.replace(at, std::string_view(old).size(), now);
    }
  }
  return name;
}

template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  WordReader words(text, 0);
  while (words.at() < text.size()) visit(words.next());
}

// "(NAME)" in front of a list's entries, or "" when there is none.
std::string_view take_name(std::string_view& value) {
  if (value.empty() || value[0] != '(') return {};
  const std::size_t end = value.find(')');
  if (end == std::string_view::npos) return {};
  const std::string_view name = value.substr(0, end + 1);
  value.remove_prefix(end + 1);
  return name;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

SettingReader::Outcome SettingReader::read(std::string_view keyword, std::string_view value,
                                           std::string& why) {
  const std::string name = with_new_names(keyword);
  const bool read = read_list(name, value) || read_relayed(name, value) ||
                    read_hosts(name, value) || read_domains(name, value) || tags_.read(name, value);
  const Outcome outcome = read ? Outcome::read : read_networks(name, value, why);
  if (outcome == Outcome::read) {
    settings_.digest = hash_bytes(value, hash_bytes(name, settings_.digest));
  }
  return outcome;
}

bool SettingReader::read_list(std::string_view keyword, std::string_view value) {
  const bool removes = starts_with(keyword, "un") || starts_with(keyword, "delist_");
  std::string list(keyword.substr(starts_with(keyword, "un") ? 2 : 0));
  if (list == "enlist_addrlist" || list == "delist_addrlist") {
    list = take_name(value);
    if (list.empty()) return false;
  } else if (list == "welcomelist_subject" || list == "blocklist_subject") {
    settings_.subjects[list].add(value.find_first_of("*?") == std::string_view::npos
                                     ? "*" + std::string(value) + "*"
                                     : std::string(value));
    return true;
  } else if (list != "welcomelist_from" && list != "welcomelist_to" && list != "blocklist_from" &&
             list != "blocklist_to" && list != "more_spam_to" && list != "all_spam_to") {
    return false;
  }
  GlobList& globs = settings_.addresses[list];
  for_each_word(value,
                [&](std::string_view word) { removes ? globs.remove(word) : globs.add(word); });
  return true;
}

bool SettingReader::read_relayed(std::string_view keyword, std::string_view value) {
  if (keyword != "welcomelist_from_rcvd" && keyword != "def_welcomelist_from_rcvd") return false;
  WordReader words(value, 0);
  const std::string address = ascii_lowered(words.next());
  const std::string host = ascii_lowered(words.next());
  if (!host.empty()) settings_.relayed_senders[std::string(keyword)].push_back({address, host});
  return true;
}

bool SettingReader::read_hosts(std::string_view keyword, std::string_view value) {
  std::string list;
  const bool removes = keyword == "delist_uri_host" || starts_with(keyword, "un");
  if (keyword == "enlist_uri_host" || keyword == "delist_uri_host") {
    const std::string_view name = take_name(value);
    if (name.size() < 2) return false;
    list = name.substr(1, name.size() - 2);
  } else if (keyword == "blocklist_uri_host" || keyword == "unblocklist_uri_host") {
    list = "BLOCK";
  } else if (keyword == "welcomelist_uri_host" || keyword == "unwelcomelist_uri_host") {
    list = "WELCOME";
  } else {
    return false;
  }
  auto& hosts = settings_.uri_hosts[list];
  for_each_word(value, [&](std::string_view word) {
    const std::string host = ascii_lowered(word);
    if (removes) {
      hosts.erase(host);
    } else {
      hosts.insert(host);
    }
  });
  return true;
}

bool SettingReader::read_domains(std::string_view keyword, std::string_view value) {
  const int level = keyword == "util_rb_tld"    ? 1
                    : keyword == "util_rb_2tld" ? 2
                    : keyword == "util_rb_3tld" ? 3
                                                : 0;
  if (level > 0) {
    for_each_word(value, [&](std::string_view word) { settings_.domains.add(word, level); });
    return true;
  }
  if (keyword != "freemail_domains" && keyword != "freemail_welcomelist") return false;
  GlobList& list = keyword == "freemail_domains" ? settings_.freemail : settings_.not_freemail;
  for_each_word(value, [&](std::string_view word) { list.add(word); });
  return true;
}

SettingReader::Outcome SettingReader::read_networks(std::string_view keyword,
                                                    std::string_view value, std::string& why) {
  RelayTrust& trust = settings_.trust;
  const bool clears = starts_with(keyword, "clear_");
  const std::string_view name = keyword.substr(clears ? 6 : 0);
  if (name == "originating_ip_headers") {
    if (clears) trust.originating_headers.clear();
    for_each_word(value, [&](std::string_view w) { trust.originating_headers.emplace_back(w); });
    return Outcome::read;
  }
  NetworkList* const list = name == "trusted_networks"    ? &trust.trusted
                            : name == "internal_networks" ? &trust.internal
                            : name == "msa_networks"      ? &trust.msa
                                                          : nullptr;
  if (list == nullptr) return Outcome::unknown;
  if (clears) list->clear();
  for_each_word(value, [&](std::string_view word) {
    if (!list->add(word)) why = "'" + std::string(word) + "' is no network such as 192.0.2.0/24";
  });
  return why.empty() ? Outcome::read : Outcome::bad;
}

}  // namespace postern
