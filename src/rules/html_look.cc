#include "rules/html_look.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "mail/html_style.h"

namespace postern {

namespace {

// "red" of "background: url(x) red": the bottom layer's first colour.
std::optional<std::uint32_t> background_colour(std::string_view value) {
  int depth = 0;
  std::size_t layer = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '(') ++depth;
    if (value[i] == ')') --depth;
    if (value[i] == ',' && depth == 0) layer = i + 1;
  }
  value.remove_prefix(layer);
  std::size_t at = 0;
  while (at < value.size()) {
    while (at < value.size() && value[at] == ' ') ++at;
    const std::size_t from = at;
    for (depth = 0; at < value.size() && (depth > 0 || value[at] != ' '); ++at) {
      if (value[at] == '(') ++depth;
      if (value[at] == ')') --depth;
    }
    if (const auto colour = read_html_colour(value.substr(from, at - from))) return colour;
  }
  return std::nullopt;
}

// "rgb(1,2,3)" and "rgba(1,2,3,.5)": the numbers alone count.
std::uint32_t read_rgb(std::string_view value) {
  std::string numbers;
  for (const char c : value) {
    if (is_ascii_digit(c) || c == ',') numbers += c;
  }
  const std::vector<std::string_view> parts = split(numbers, ',');
  std::uint32_t colour = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = i < parts.size() ? parse_decimal(parts[i]) : std::nullopt;
    colour =
        colour << 8 | static_cast<std::uint32_t>(std::min<std::uint64_t>(part.value_or(0), 255));
  }
  return colour;
}

// "transparent" is not known before the whole style is.
void change_colour(std::string_view written, std::optional<std::uint32_t>& colour, bool& clear) {
  const std::string value = ascii_lowered(trimmed(written.substr(0, written.find('!'))));
  if (value.empty() || value == "inherit") return;
  clear = value == "transparent";
  if (!clear) colour = value.find("rgb") == 0 ? read_rgb(value) : read_html_colour(value);
}

}  // namespace

std::optional<std::uint32_t> read_html_colour(std::string_view written) {
  const std::string lower = ascii_lowered(trimmed(written));
  const auto is_alpha = [](char c) { return is_ascii_alpha(c); };
  if (!lower.empty() && std::all_of(lower.begin(), lower.end(), is_alpha)) {
    const HtmlColour named = parse_colour(lower);
    const bool hex = lower.find_first_not_of("abcdef") == std::string::npos;
    if (named <= 0xffffff && !hex) return named;
    return std::nullopt;
  }
  if (lower.substr(0, 4) == "rgb(") {
    const HtmlColour colour = parse_colour(lower);
    return colour <= 0xffffff ? std::optional(colour) : std::nullopt;
  }
  if (lower.empty() || lower[0] != '#') return std::nullopt;
  if (lower.find_first_not_of("#abcdef0123456789") != std::string::npos) return std::nullopt;
  std::string digits;
  std::copy_if(lower.begin(), lower.end(), std::back_inserter(digits),
               [](char c) { return c != '#'; });
  if (digits.size() > 6) digits.resize(6);
  if (digits.size() > 3 && digits.size() < 6) digits.resize(3);
  while (digits.size() % 3 != 0) digits += '0';
  if (digits.size() == 3) {
    digits = {digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]};
  }
  const auto value = parse_hex(digits);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

double colour_distance(std::uint32_t a, std::uint32_t b) {
  const auto part = [](std::uint32_t colour, int shift) {
    return static_cast<double>((colour >> shift) & 0xff);
  };
  const double red = 0.2126 * (part(a, 16) - part(b, 16));
  const double green = 0.7152 * (part(a, 8) - part(b, 8));
  const double blue = 0.0722 * (part(a, 0) - part(b, 0));
  return std::sqrt(red * red + green * green + blue * blue);
}

void read_style(std::string_view written, const HtmlLook& outer, HtmlLook& look) {
  bool clear_background = false, clear_colour = false;
  while (!written.empty()) {
    const std::string_view declaration = written.substr(0, written.find(';'));
    written.remove_prefix(std::min(declaration.size() + 1, written.size()));
    const std::size_t colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = trimmed(declaration.substr(0, colon));
    const std::string_view value = trimmed(declaration.substr(colon + 1));
    if (equals_ignoring_case(name, "color")) {
      change_colour(value, look.colour, clear_colour);
    } else if (equals_ignoring_case(name, "background-color")) {
      change_colour(value, look.background, clear_background);
    } else if (equals_ignoring_case(name, "background")) {
      if (const auto colour = background_colour(ascii_lowered(value))) look.background = *colour;
    } else if (equals_ignoring_case(name, "display")) {
      look.not_displayed = equals_ignoring_case(value, "none");
    } else if (equals_ignoring_case(name, "visibility")) {
      look.not_visible = equals_ignoring_case(value, "hidden");
    }
  }
  if (clear_background) look.background = outer.background;
  if (clear_colour) look.colour = look.background;
}

}  // namespace postern
