#include "mail/links.h"

#include <algorithm>

#include "mail/url.h"

namespace postern {
namespace {

bool ends_address(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"' || c == '\x7F';
}

// Punctuation after an address belongs to the sentence; so does a bracket that was not opened in
// it.
std::string_view without_punctuation(std::string_view url) {
  while (!url.empty()) {
    const char last = url.back();
    const bool opened = (last == ')' && url.find('(') != std::string_view::npos) ||
                        (last == ']' && url.find('[') != std::string_view::npos);
    const bool drop = std::string_view(".,;:!?'*_)]}|").find(last) != std::string_view::npos;
    if (!drop || opened) return url;
    url.remove_suffix(1);
  }
  return url;
}

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
  const std::size_t path = std::min(text.find_first_of("/?#"), text.size());
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
  std::size_t at = 0;
  while ((at = text.find_first_of(":.", at)) != std::string_view::npos) {
    const std::size_t start = address_start(text, from, at);
    if (start == std::string_view::npos) {
      ++at;
      continue;
    }
    const auto* const end = std::find_if(text.data() + at, text.data() + text.size(), ends_address);
    const auto size = static_cast<std::size_t>(end - text.data()) - start;
    const std::string_view url = without_punctuation(text.substr(start, size));
    at = from = start + size;
    const std::string_view host = stored_host(url, arena);
    if (host.empty()) continue;
    if (links.size() >= JudgementLimits::links) return false;
    Link link;
    link.url = url;
    link.host = host;
    links.push_back(link);
  }
  return true;
}

std::string_view host_shown_by(std::string_view shown, Arena& arena) {
  shown = trimmed(shown);
  // The first word is enough: what a link shows is short, or it is no address.
  const auto space = std::find_if(shown.begin(), shown.end(), ends_address);
  const auto word = shown.substr(0, static_cast<std::size_t>(space - shown.begin()));
  if (starts_with_ignoring_case(word, "http://") || starts_with_ignoring_case(word, "https://") ||
      starts_with_ignoring_case(word, "www.")) {
    return stored_host(without_punctuation(word), arena);
  }
  if (word.size() != shown.size() || !looks_like_host(word)) return {};
  return arena.store(url_host(std::string("http://").append(word)));
}

}  // namespace postern
