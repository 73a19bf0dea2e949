#include "classify/header_hygiene.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern {
namespace {

constexpr std::size_t longest_tag = 40;

// Fields that mailboxes and mail programs keep in a message.
constexpr std::string_view mailbox_fields[] = {
    "status",
    "x-status",
    "x-keywords",
    "x-uid",
    "x-uidl",
    "x-imap",
    "x-imapbase",
    "content-length",
    "lines",
    "x-folder",
    "x-gmail-labels",
    "x-evolution-source",
    "x-miltered",
    "x-uuid",
    "x-sender-ip",
    "x-bogosity",
    "x-text-classification",
    "x-spambayes-classification",
    "x-spambayes-score",
    "x-spambayes-evidence",
    "x-offlineimap",
};

// Families that filters and gateways add.
constexpr std::string_view filter_prefixes[] = {
    "x-spam",  "x-postern-", "x-orig-", "x-foreign-",   "x-mozilla-",   "x-barracuda", "x-asg",
    "x-virus", "x-rc-",      "x-ms-",   "x-microsoft-", "x-forefront-", "x-sid-",      "x-va-spam",
};

}  // namespace

bool is_path_field(std::string_view name) {
  const auto is_name = [&](std::string_view other) { return equals_ignoring_case(name, other); };
  if (name.empty()) return false;
  const char first = ascii_lower(name[0]);
  if (first != 'x' && first != 's' && first != 'c' && first != 'l') return false;
  return std::any_of(std::begin(mailbox_fields), std::end(mailbox_fields), is_name) ||
         std::any_of(
             std::begin(filter_prefixes), std::end(filter_prefixes),
             [&](std::string_view prefix) { return starts_with_ignoring_case(name, prefix); });
}

void append_without_list_tags(std::string_view subject, std::string& out) {
  std::size_t at = 0;
  while (at < subject.size()) {
    const std::size_t open = subject.find('[', at);
    if (open == std::string_view::npos) break;
    const std::size_t close =
        subject.substr(0, std::min(subject.size(), open + longest_tag + 2)).find(']', open + 1);
    if (close == std::string_view::npos) {
      out.append(subject, at, open + 1 - at);
      at = open + 1;
      continue;
    }
    out.append(subject, at, open - at);
    at = close + 1;
    while (at < subject.size() && is_ascii_space(subject[at])) ++at;
  }
  if (at < subject.size()) out.append(subject, at);
}

}  // namespace postern
