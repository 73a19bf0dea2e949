#include "mail/links.h"

#include <algorithm>

#include "mail/char_set.h"
#include "mail/url.h"

namespace postern {
namespace {

// Control characters, white space and what encloses addresses in text.
constexpr CharSet address_ends(
    std::string_view("\0\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0B\x0C\r\x0E\x0F\x10\x11\x12\x13\x14"
                     "\x15\x16\x17\x18\x19"
                     "\x1A\x1B\x1C\x1D\x1E\x1F \"<>\x7F",
                     37));

// Punctuation after an address belongs to the sentence; so does a bracket that was not opened in
// it.
std::string_view without_punctuation(std::string_view url) {
  constexpr CharSet punctuation(".,;:!?'*_)]}|");
  const bool has_round = url.find('(') != std::string_view::npos;
  const bool has_square = url.find('[') != std::string_view::npos;
  while (!url.empty() && punctuation.contains(url.back())) {
    const char last = url.back();
    if ((last == ')' && has_round) || (last == ']' && has_square)) return url;
    url.remove_suffix(1);
  }
  return url;
}

constexpr CharSet host_ends("/?#");

constexpr std::string_view schemes[] = {"http", "https", "ftp", "mailto"};

// The scheme that ends at `colon`, or empty.
std::string_view scheme_before(std::string_view text, std::size_t from, std::size_t colon) {
  for (const std::string_view scheme : schemes) {
    if (colon < from + scheme.size()) continue;
    const std::size_t start = colon - scheme.size();
    if (!equals_ignoring_case(text.substr(start, scheme.size()), scheme)) continue;
    if (start > from && is_ascii_alnum(text[start - 1])) continue;
    return text.substr(start, scheme.size());
  }
  return {};
}

bool is_www(std::string_view text, std::size_t dot, std::size_t from) {
  return dot >= from + 3 && equals_ignoring_case(text.substr(dot - 3, 3), "www") &&
         (dot == from + 3 || !is_ascii_alnum(text[dot - 4])) && dot + 1 < text.size() &&
         is_ascii_alnum(text[dot + 1]);
}

// Where an address begins whose first telling character is at `at`, or npos.
std::size_t address_start(std::string_view text, std::size_t from, std::size_t at) {
  if (text[at] == '.') return is_www(text, at, from) ? at - 3 : std::string_view::npos;
  const std::string_view scheme = scheme_before(text, from, at);
  if (scheme.empty()) return std::string_view::npos;
  const bool mail = equals_ignoring_case(scheme, "mailto");
  if (!mail && text.substr(at + 1, 2) != "//") return std::string_view::npos;
  return at - scheme.size();
}

// A single word with a dot and a top-level domain of letters.
bool looks_like_host(std::string_view text) {
  const std::size_t path = host_ends.find(text);
  const std::string_view host = text.substr(0, path);
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.size() - dot < 3) return false;
  const auto is_host_char = [](char c) { return is_ascii_alnum(c) || c == '.' || c == '-'; };
  const std::string_view top = host.substr(dot + 1);
  return std::all_of(host.begin(), host.end(), is_host_char) &&
         std::all_of(top.begin(), top.end(), is_ascii_alpha);
}

}  // namespace

std::string_view stored_host(std::string_view url, Arena& arena) {
  return starts_with_ignoring_case(url, "www.")
             ? arena.store(url_host(std::string("http://").append(url)))
             : arena.store(url_host(url));
}

bool append_text_links(std::string_view text, Arena& arena, std::vector<Link>& links) {
  std::size_t from = 0;
  std::size_t colon = text.find(':');
  std::size_t dot = text.find('.');
  while (true) {
    const std::size_t at = std::min(colon, dot);
    if (at == std::string_view::npos) return true;
    const std::size_t start = address_start(text, from, at);
    if (start == std::string_view::npos) {
      std::size_t& met = at == colon ? colon : dot;
      met = text.find(text[at], at + 1);
      continue;
    }
    const std::size_t size = address_ends.find(text, at) - start;
    const std::string_view url = without_punctuation(text.substr(start, size));
    from = start + size;
    if (colon < from) colon = text.find(':', from);
    if (dot < from) dot = text.find('.', from);
    const std::string_view host = stored_host(url, arena);
    if (host.empty()) continue;
    if (links.size() >= JudgementLimits::links) return false;
    Link link;
    link.url = url;
    link.host = host;
    links.push_back(link);
  }
}

std::string_view host_shown_by(std::string_view shown, Arena& arena) {
  shown = trimmed(shown);
  // The first word is enough: what a link shows is short, or it is no address.
  const std::string_view word = shown.substr(0, address_ends.find(shown));
  if (starts_with_ignoring_case(word, "http://") || starts_with_ignoring_case(word, "https://") ||
      starts_with_ignoring_case(word, "www.")) {
    return stored_host(without_punctuation(word), arena);
  }
  if (word.size() != shown.size() || !looks_like_host(word)) return {};
  return arena.store(url_host(std::string("http://").append(word)));
}

}  // namespace postern
