// HtmlLook: how HTML says that its text is to look, as far as SpamAssassin's HTML rules ask:
// colours, size, whether it is shown.
//
// Unlike mail/html_style.h, which asks what a reader sees, this reads colours as SpamAssassin does,
// mistakes included. Pure functions, linear in the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern {

struct HtmlLook {
  // 0xRRGGBB; nothing where what is written is no colour.
  std::optional<std::uint32_t> colour = 0x000000;
  std::optional<std::uint32_t> background = 0xffffff;
  int size = 3;
  bool not_displayed = false;
  bool not_visible = false;
};

// "#1a2", "#11aa22", "rgb(1,2,3)" or a name; nothing for what is no colour.
std::optional<std::uint32_t> read_html_colour(std::string_view written);

// Distance of two colours as an eye sees it.
double colour_distance(std::uint32_t a, std::uint32_t b);

// Applies the declarations of a style attribute to `look`; `outer` is that of what is around.
void read_style(std::string_view written, const HtmlLook& outer, HtmlLook& look);

}  // namespace postern
