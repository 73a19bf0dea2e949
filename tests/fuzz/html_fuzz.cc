// read_html over any UTF-8: texts stay UTF-8 and do not outgrow their source.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "mail/html.h"
#include "mail/utf8.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  Arena arena;
  std::vector<Link> links;
  HtmlShape shape;
  const std::string_view source = repaired_utf8({reinterpret_cast<const char*>(data), size}, arena);
  const HtmlTexts texts = read_html(source, arena, links, shape);
  require(is_utf8(texts.visible) && is_utf8(texts.hidden) && is_utf8(texts.markup));
  require(texts.visible.size() + texts.hidden.size() <= source.size());
  require(texts.markup.size() <= source.size() * 3);
  require(links.size() <= JudgementLimits::links);
  require(shape.visible_octets == texts.visible.size());
  for (const Link& link : links) {
    require(link.host.size() <= 255 && is_utf8(link.shown));
  }
  return 0;
}
