// Address lists: RFC 5322 section 3.4 with its obsolete forms, as far as they can be understood.
#pragma once

#include <string_view>
#include <vector>

#include "mail/arena.h"
#include "mail/content.h"
#include "mail/defects.h"

namespace postern {

// Appends the mailboxes of an unfolded value, at most 1000 (Defect::truncated).
//
// Groups are flattened. A comment stands for a missing display name. QUIRKs: without angle
// brackets the word with "@" is the mailbox and the rest the name; of several addresses in angle
// brackets the last counts; a quotation mark without its partner is an ordinary character.
void append_addresses(std::string_view value, Arena& arena, std::vector<Address>& addresses,
                      Defects& defects);

}  // namespace postern
