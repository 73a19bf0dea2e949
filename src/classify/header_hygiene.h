// Header hygiene: header fields that say which way a message came, not what it is.
//
// What a mailbox, another filter or we ourselves wrote on a message must never become a feature:
// it would make a forged "not spam" label work, and a model that learnt the label of somebody's
// former filter is worth nothing without that filter.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// True for fields that no feature may come from. Case does not matter.
bool is_path_field(std::string_view name);

// The subject without mailing-list tags: "[tag]" of at most 40 octets anywhere, and the white space
// after it. Appends to `out`.
void append_without_list_tags(std::string_view subject, std::string& out);

}  // namespace postern
