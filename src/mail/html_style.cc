#include "mail/html_style.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "mail/transfer.h"

namespace postern {
namespace {

struct NamedColour {
  std::string_view name;
  HtmlColour colour;
};

// The sixteen of HTML 4 and what mail uses besides.
constexpr NamedColour named_colours[] = {
    {"white", 0xFFFFFF},
    {"black", 0x000000},
    {"red", 0xFF0000},
    {"blue", 0x0000FF},
    {"gray", 0x808080},
    {"grey", 0x808080},
    {"green", 0x008000},
    {"silver", 0xC0C0C0},
    {"maroon", 0x800000},
    {"navy", 0x000080},
    {"purple", 0x800080},
    {"teal", 0x008080},
    {"olive", 0x808000},
    {"lime", 0x00FF00},
    {"aqua", 0x00FFFF},
    {"cyan", 0x00FFFF},
    {"fuchsia", 0xFF00FF},
    {"magenta", 0xFF00FF},
    {"yellow", 0xFFFF00},
    {"orange", 0xFFA500},
    {"whitesmoke", 0xF5F5F5},
    {"snow", 0xFFFAFA},
    {"ivory", 0xFFFFF0},
    {"lightgray", 0xD3D3D3},
    {"lightgrey", 0xD3D3D3},
    {"darkgray", 0xA9A9A9},
    {"darkgrey", 0xA9A9A9},
    {"gainsboro", 0xDCDCDC},
    {"ghostwhite", 0xF8F8FF},
    {"aliceblue", 0xF0F8FF},
    {"floralwhite", 0xFFFAF0},
    {"azure", 0xF0FFFF},
    {"mintcream", 0xF5FFFA},
    {"seashell", 0xFFF5EE},
    {"beige", 0xF5F5DC},
    {"linen", 0xFAF0E6},
    {"pink", 0xFFC0CB},
    {"brown", 0xA52A2A},
    {"darkblue", 0x00008B},
    {"darkred", 0x8B0000},
    {"darkgreen", 0x006400},
    {"gold", 0xFFD700},
    {"transparent", transparent_colour},
};

constexpr HtmlColour link_blue = 0x0000EE;

bool same(std::string_view a, std::string_view b) { return equals_ignoring_case(a, b); }

HtmlColour parse_hex_colour(std::string_view digits) {
  HtmlColour colour = 0;
  for (const char c : digits) {
    const int digit = hex_value(c);
    if (digit < 0) return unknown_colour;
    const auto value = static_cast<HtmlColour>(digit);
    // "#abc" is "#aabbcc".
    colour = digits.size() <= 4 ? (colour << 8) | (value * 17) : (colour << 4) | value;
    if (colour > 0xFFFFFF) return unknown_colour;
  }
  return colour;
}

// A number at the front of `text`, which loses it.
std::optional<double> take_number(std::string_view& text) {
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++at;
  double value = 0;
  double scale = 1;
  bool fraction = false;
  bool digits = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_ascii_digit(text[at])) break;
    digits = true;
    if (fraction) scale /= 10;
    value = fraction ? value + scale * (text[at] - '0') : value * 10 + (text[at] - '0');
    value = std::min(value, 1e9);
  }
  if (!digits) return std::nullopt;
  text.remove_prefix(at);
  return negative ? -value : value;
}

// "rgb(1, 2, 3)", "rgba(1 2 3 / 0)".
HtmlColour parse_rgb(std::string_view arguments) {
  std::array<double, 4> values = {0, 0, 0, 1};
  std::size_t count = 0;
  while (count < values.size()) {
    const std::size_t at = arguments.find_first_of("+-.0123456789");
    if (at == std::string_view::npos) break;
    arguments.remove_prefix(at);
    const auto number = take_number(arguments);
    if (!number) return unknown_colour;
    const bool percent = !arguments.empty() && arguments.front() == '%';
    const double full = count < 3 ? 255 : 1;
    values[count++] = percent ? *number / 100 * full : *number;
  }
  if (count < 3) return unknown_colour;
  if (values[3] <= 0.02) return transparent_colour;
  HtmlColour colour = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    colour = (colour << 8) | static_cast<HtmlColour>(std::clamp(values[i], 0.0, 255.0));
  }
  return colour;
}

// Too near for a reader to tell apart.
bool look_alike(HtmlColour a, HtmlColour b) {
  if (a > 0xFFFFFF || b > 0xFFFFFF) return false;
  constexpr int nearest = 8;
  for (int shift = 0; shift <= 16; shift += 8) {
    const int difference =
        static_cast<int>((a >> shift) & 0xFF) - static_cast<int>((b >> shift) & 0xFF);
    if (difference > nearest || difference < -nearest) return false;
  }
  return true;
}

struct Length {
  double value;
  std::string_view unit;  // "px", "%" and so on; may be empty
};

std::optional<Length> parse_length(std::string_view text) {
  const auto value = take_number(text);
  if (!value) return std::nullopt;
  std::size_t unit = 0;
  while (unit < text.size() && (is_ascii_alpha(text[unit]) || text[unit] == '%')) ++unit;
  return Length{*value, text.substr(0, unit)};
}

bool is_zero(std::string_view text) {
  const auto length = parse_length(text);
  return length && length->value < 0.01 && length->value > -0.01;
}

// Of a font size: nobody can read one pixel, nor a twelfth of the usual size.
bool is_tiny(const Length& size) {
  if (same(size.unit, "%")) return size.value <= 8;
  if (same(size.unit, "em") || same(size.unit, "rem")) return size.value <= 0.08;
  return size.value <= 1;
}

bool is_far_off(std::string_view text) {
  const auto length = parse_length(text);
  if (!length) return false;
  const bool relative = same(length->unit, "em") || same(length->unit, "rem");
  return length->value <= (relative ? -30 : -300);
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t\n!"));
}

// The colour among the words of a `background`; its other words do not concern us.
HtmlColour background_colour(std::string_view value) {
  if (find_ignoring_case(value, "url(") != std::string_view::npos ||
      find_ignoring_case(value, "gradient(") != std::string_view::npos) {
    return unknown_colour;
  }
  if (starts_with_ignoring_case(value, "none")) return transparent_colour;
  return parse_colour(value);
}

}  // namespace

HtmlColour parse_colour(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return unknown_colour;
  if (text.front() == '#') {
    const std::string_view digits = first_word(text.substr(1));
    return digits.size() == 3 || digits.size() == 6 ? parse_hex_colour(digits) : unknown_colour;
  }
  if (starts_with_ignoring_case(text, "rgb")) return parse_rgb(text.substr(0, text.find(')')));
  const std::string_view name = first_word(text);
  for (const auto& [known, colour] : named_colours) {
    if (same(name, known)) return colour;
  }
  return name.size() == 6 ? parse_hex_colour(name) : unknown_colour;
}

bool HtmlStyle::hides() const {
  return gone_ || invisible_ || tiny_ || colour_ == transparent_colour ||
         look_alike(colour_, background_);
}

HtmlStyle HtmlStyle::of_child(const HtmlToken& open_tag) const {
  HtmlStyle style = *this;
  if (open_tag.tag == HtmlTag::a) style.colour_ = link_blue;
  if (open_tag.tag == HtmlTag::template_) style.gone_ = true;
  std::string_view declarations;
  for (const HtmlAttribute& attribute : open_tag.attributes) {
    switch (attribute.id) {
      case HtmlAttributeName::style: declarations = attribute.value; break;
      case HtmlAttributeName::hidden: style.gone_ = true; break;
      case HtmlAttributeName::bgcolor: style.declare("background", attribute.value); break;
      case HtmlAttributeName::background: style.background_ = unknown_colour; break;
      case HtmlAttributeName::color:
        if (open_tag.tag == HtmlTag::font) style.declare("color", attribute.value);
        break;
      case HtmlAttributeName::text:
        if (open_tag.tag == HtmlTag::body) style.declare("color", attribute.value);
        break;
      default: break;
    }
  }
  // Last, because a style beats attributes wherever it stands.
  style.read_declarations(declarations);
  style.settle();
  return style;
}

void HtmlStyle::read_declarations(std::string_view style) {
  while (!style.empty()) {
    const std::size_t end = std::min(style.find(';'), style.size());
    const std::string_view declaration = style.substr(0, end);
    const std::size_t colon = declaration.find(':');
    if (colon != std::string_view::npos) {
      declare(trimmed(declaration.substr(0, colon)), trimmed(declaration.substr(colon + 1)));
    }
    style.remove_prefix(std::min(end + 1, style.size()));
  }
}

void HtmlStyle::declare(std::string_view property, std::string_view value) {
  const auto is = [property](std::string_view name) { return same(property, name); };
  const auto says = [value](std::string_view word) {
    return starts_with_ignoring_case(value, word);
  };
  if (is("color")) {
    const HtmlColour colour = parse_colour(value);
    if (!says("inherit")) colour_ = colour;
  } else if (is("background") || is("background-color")) {
    const HtmlColour colour = background_colour(value);
    if (colour != transparent_colour && !says("inherit")) background_ = colour;
  } else if (is("background-image")) {
    if (!says("none")) background_ = unknown_colour;
  } else if (is("display")) {
    if (says("none")) gone_ = true;
  } else if (is("visibility")) {
    invisible_ = says("hidden") || says("collapse");
  } else if (is("opacity")) {
    const auto opacity = parse_length(value);
    if (opacity && opacity->value <= (opacity->unit == "%" ? 5 : 0.05)) gone_ = true;
  } else if (is("font-size")) {
    const auto size = parse_length(value);
    // A share of nothing is nothing.
    const bool relative = size && (size->unit == "%" || same(size->unit, "em"));
    if (!says("inherit")) tiny_ = size && (is_tiny(*size) || (relative && tiny_));
  } else if (is("font")) {
    tiny_ = is_zero(value);
  } else if (is("text-indent")) {
    if (is_far_off(value)) gone_ = true;
  } else if (is("position")) {
    positioned_ = says("absolute") || says("fixed") || says("relative");
  } else if (is("left") || is("top") || is("right") || is("bottom")) {
    far_off_ = far_off_ || is_far_off(value);
  } else if (is("margin-left") || is("margin-top")) {
    if (is_far_off(value)) gone_ = true;
  } else if (is("height") || is("max-height") || is("width") || is("max-width")) {
    no_size_ = no_size_ || is_zero(value);
  } else if (is("overflow")) {
    no_overflow_ = says("hidden");
  }
}

// Draws the conclusion from declarations that mean something only together.
void HtmlStyle::settle() {
  if ((no_size_ && no_overflow_) || (positioned_ && far_off_)) gone_ = true;
  no_size_ = no_overflow_ = positioned_ = far_off_ = false;
}

}  // namespace postern
