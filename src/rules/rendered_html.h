// RenderedHtml: an HTML part as SpamAssassin's body rules see it, and what its HTML rules ask.
//
// Unlike mail/html.h, which gives what a reader sees, this keeps hidden text and the title, joins
// words across inline elements, and ends paragraphs where SpamAssassin does. One pass over the
// tokens, linear. Ownership: strings of its own, but for views into the source.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mail/arena.h"

namespace postern {

struct HtmlLink {
  std::string url;                     // against <base href>, entities resolved
  std::vector<std::string_view> tags;  // "a", "img", "form" ... that name it
  std::vector<std::string> texts;      // of anchors
};

struct RenderedHtml {
  std::string text;
  std::vector<HtmlLink> links;
  std::map<std::string_view, int> inside;  // by tag: how often opened less closed
  std::vector<std::string> titles;
  std::vector<std::string> anchors;        // what each shows
  std::vector<std::string_view> comments;  // with "<!--" and "-->"
  std::string_view source;                 // its quotes made plain
  std::size_t source_characters = 0;       // of UTF-8
  std::size_t characters = 0;              // of text
  std::size_t non_space = 0;               // of text
  std::uint64_t image_area = 0;            // pixels
  double closed_extra_ratio = 0;           // end tags without a start, of all tags
  double bad_tag_ratio = 0;                // tags that HTML does not know, of all tags
  double non_element_ratio = 0;            // the same of tags that were not open already
  double obfuscation_ratio = 0;            // words broken by tags, of all tags
  int largest_font = 3;
  int smallest_font = 3;
  bool has_tags = false;
  bool low_contrast = false;
  bool invalid_color = false;
  bool bad_font_face = false;
  bool mail_form = false;
  bool embeds = false;
};

// `arena` holds resolved attribute values for as long as the result lives.
RenderedHtml render_html(std::string_view source, Arena& arena);

}  // namespace postern
