// Links: addresses in plain text, and the host of any address.
#pragma once

#include <string_view>
#include <vector>

#include "mail/arena.h"
#include "mail/content.h"

namespace postern {

// Appends a Link for every address with a scheme (http, https, ftp, mailto) and every "www."
// name in `text`. False when `links` reached its limit before the end. Linear.
bool append_text_links(std::string_view text, Arena& arena, std::vector<Link>& links);

// url_host() kept in the arena.
std::string_view stored_host(std::string_view url, Arena& arena);

// The host that a shown text such as "www.example.com/login" makes a reader expect, or empty.
std::string_view host_shown_by(std::string_view shown, Arena& arena);

}  // namespace postern
