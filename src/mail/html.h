// HTML of a mail into what a reader sees, what a reader cannot see, its tags and its links.
//
// One pass over the tokens, no tree, no recursion; linear and bounded whatever the markup is.
// White space collapses as a browser does it; block elements and <br> end lines, inline elements
// end nothing, others are a space. U+00A0 counts as space (QUIRK: for the sake of rules).
// Hidden is text in styles that HtmlStyle knows to hide it, and the title; comments, scripts and
// style sheets are neither visible nor hidden.
#pragma once

#include <string_view>
#include <vector>

#include "mail/arena.h"
#include "mail/content.h"

namespace postern {

struct HtmlTexts {
  std::string_view visible;
  std::string_view hidden;
  std::string_view markup;
  bool cut = false;  // there were more links than JudgementLimits::links
};

// `source` is UTF-8 with LF line ends. Texts are stored in the arena; links are appended to
// `links`, counts added to `shape`.
HtmlTexts read_html(std::string_view source, Arena& arena, std::vector<Link>& links,
                    HtmlShape& shape);

}  // namespace postern
