#include "classify/list_traces.h"

#include <algorithm>
#include <bit>

namespace postern {
namespace {

constexpr std::size_t longest_footer = 1000;  // octets; also bounds the search for links

bool inside(std::uint64_t set, std::size_t part) { return part < 64 && (set >> part & 1) != 0; }

}  // namespace

std::string_view ListTraces::without_footer(std::string_view text) {
  if (text.starts_with("____")) return {};
  return text.substr(0, text.find("\n____"));
}

std::string_view ListTraces::without_name(std::string_view sender) {
  return sender.substr(0, sender.find(" via "));
}

ListTraces::ListTraces(const Content& content) {
  for (const Text& text : content.texts) {
    const std::string_view own = without_footer(text.visible);
    if (own.size() == text.visible.size()) continue;
    if (footer_.empty()) footer_ = text.visible.substr(own.size()).substr(0, longest_footer);
    const bool alone = own.empty() && text.hidden.empty() && text.part != 0;
    if (alone && text.part < 64) added_ |= std::uint64_t{1} << text.part;
  }
  if (added_ == 0 || content.parts[0].type != "multipart/mixed") return;
  std::size_t left = 0;
  for (std::size_t i = 1; i < content.parts.size(); ++i) {
    left += content.parts[i].parent == 0 && !inside(added_, i);
  }
  if (left == 1) added_ |= 1;
}

std::size_t ListTraces::count() const { return static_cast<std::size_t>(std::popcount(added_)); }

bool ListTraces::in_footer(const Link& link) const {
  return link.kind == LinkKind::plain_text && !footer_.empty() &&
         footer_.find(link.url) != std::string_view::npos;
}

}  // namespace postern
