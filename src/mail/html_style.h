// HtmlStyle: what decides whether a reader sees a text, inherited from element to element.
//
// Knows inline styles and presentational attributes; style sheets are not applied. Thread rule:
// a value.
#pragma once

#include <cstdint>
#include <string_view>

#include "mail/html_tokenizer.h"

namespace postern {

// 0xRRGGBB, or one of the two below.
using HtmlColour = std::uint32_t;
constexpr HtmlColour unknown_colour = 0x1000000;  // an image, a gradient, a name we do not know
constexpr HtmlColour transparent_colour = 0x2000000;

// CSS Color level 4, and the older "rrggbb" without "#" of HTML attributes.
HtmlColour parse_colour(std::string_view text);

class HtmlStyle {
 public:
  // The style of an element with this tag, given that of its parent (*this).
  HtmlStyle of_child(const HtmlToken& open_tag) const;

  // True when a reader cannot see text in this style.
  bool hides() const;

 private:
  void declare(std::string_view property, std::string_view value);
  void read_declarations(std::string_view style);
  void settle();

  HtmlColour colour_ = 0x000000;
  HtmlColour background_ = 0xFFFFFF;
  // For good: no child can undo these.
  bool gone_ = false;  // display, opacity, hidden, no size and no overflow, far off screen
  // Until a child says otherwise.
  bool invisible_ = false;  // visibility
  bool tiny_ = false;       // font-size

  // Of the element itself; a pair of declarations makes it vanish.
  bool no_size_ = false;
  bool no_overflow_ = false;
  bool positioned_ = false;
  bool far_off_ = false;
};

}  // namespace postern
