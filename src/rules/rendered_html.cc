#include "rules/rendered_html.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "base/ascii.h"
#include "mail/char_set.h"
#include "mail/html_entities.h"
#include "mail/html_tokenizer.h"
#include "mail/utf8.h"
#include "rules/html_look.h"
#include "rules/sections.h"
#include "rules/uri_text.h"

namespace postern {

namespace {

constexpr std::size_t deepest = 512;
constexpr std::size_t most_links = 1000;
constexpr std::size_t longest_tag = 64;

template <std::size_t Size>
bool is_one_of(std::string_view word, const std::array<std::string_view, Size>& sorted) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

// HTML 4.01 and XHTML 1.0, loose, and a few that mail programs write.
constexpr std::array<std::string_view, 94> known_elements = {
    "a",        "abbr",     "acronym",  "address",    "applet",   "area",     "b",        "base",
    "basefont", "bdo",      "big",      "blockquote", "body",     "br",       "button",   "caption",
    "center",   "cite",     "code",     "col",        "colgroup", "dd",       "del",      "dfn",
    "dir",      "div",      "dl",       "dt",         "em",       "fieldset", "font",     "form",
    "frame",    "frameset", "h1",       "h2",         "h3",       "h4",       "h5",       "h6",
    "head",     "hr",       "html",     "i",          "iframe",   "img",      "input",    "ins",
    "isindex",  "kbd",      "label",    "legend",     "li",       "link",     "map",      "menu",
    "meta",     "nobr",     "noframes", "noscript",   "object",   "ol",       "optgroup", "option",
    "p",        "param",    "pre",      "q",          "s",        "samp",     "script",   "select",
    "small",    "span",     "strike",   "strong",     "style",    "sub",      "sup",      "table",
    "tbody",    "td",       "textarea", "tfoot",      "th",       "thead",    "title",    "tr",
    "tt",       "u",        "ul",       "var",        "x-sigsep", "x-tab"};
// Not among them, but drawn.
constexpr std::array<std::string_view, 5> drawn_elements = {"bgsound", "embed", "listing",
                                                            "plaintext", "xmp"};
constexpr std::array<std::string_view, 13> styled_elements = {
    "a", "basefont", "big",  "body",  "div", "font", "marquee",
    "p", "small",    "span", "table", "td",  "tr"};
constexpr std::array<std::string_view, 7> elements_with_style = {"a",     "div", "p", "span",
                                                                 "table", "td",  "tr"};

bool is_namespaced(std::string_view tag) {
  return tag.substr(0, 2) == "o:" ||
         (tag.size() > 3 && tag.substr(0, 2) == "st" && is_ascii_digit(tag[2]) && tag[3] == ':');
}

constexpr CharSet html_spaces("\t\n\v\f\r ");

// Is the character at text[at] of a word: neither space nor punctuation of ASCII?
bool starts_word(std::string_view text, std::size_t at) {
  const auto octet = static_cast<unsigned char>(text[at]);
  if (space_length(text, at) > 0) return false;
  return is_ascii_alnum(text[at]) || octet >= 0x80 || octet < 0x20;
}

// Where the last character of a text that is not empty begins.
std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) {
    --at;
  }
  return at;
}

struct Style : HtmlLook {
  std::string_view tag = "default";
};

std::optional<int> leading_number(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < 6 && is_ascii_digit(text[end])) ++end;
  const auto value = parse_decimal(text.substr(0, end));
  return end == 0 || !value ? std::nullopt : std::optional(static_cast<int>(*value));
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

class Renderer {
 public:
  Renderer(std::string_view source, Arena& arena) : tokenizer_(source), arena_(arena) {
    out_.source = source;
    out_.source_characters = characters_in(source);
    out_.text.reserve(source.size());
    styles_.emplace_back();
  }

  RenderedHtml run() {
    HtmlToken token;
    while (tokenizer_.next(token)) {
      switch (token.kind) {
        case HtmlToken::Kind::text: read_text(token.text, true); break;
        case HtmlToken::Kind::raw_text:
          if (token.tag != HtmlTag::script && token.tag != HtmlTag::style) {
            read_text(token.text, token.tag == HtmlTag::title || token.tag == HtmlTag::textarea);
          }
          break;
        case HtmlToken::Kind::open_tag: read_tag(token, 1); break;
        case HtmlToken::Kind::close_tag: read_tag(token, -1); break;
        case HtmlToken::Kind::comment: read_comment(token.text); break;
      }
    }
    return finish();
  }

 private:
  void read_comment(std::string_view text) {
    if (!starts_with_ignoring_case(text, "<!doctype")) {
      if (text.substr(0, 2) == "<!" && out_.comments.size() < 1000) out_.comments.push_back(text);
      return;
    }
    ++elements_;
    ++tags_;
    out_.inside["!doctype"] = 0;
  }

  void read_tag(const HtmlToken& token, int step) {
    if (!token.closed) return;
    const std::string_view tag = arena_.lowered(token.text.substr(0, longest_tag));
    const bool namespaced = is_namespaced(tag);
    const bool known = is_one_of(tag, known_elements);
    const auto [entry, is_new] = out_.inside.try_emplace(tag, 0);
    if (known || namespaced) ++elements_;
    if (is_new) {
      if (known || namespaced) ++elements_seen_;
      ++tags_seen_;
    }
    ++tags_;
    entry->second += step;
    if (entry->second < 0) {
      entry->second = 0;
      ++closed_extra_;
    }
    if (token.tag == HtmlTag::a) open_anchors_ = entry->second;
    if (token.tag == HtmlTag::title) open_titles_ = entry->second;
    if (namespaced || !(known || is_one_of(tag, drawn_elements))) return;
    change_style(tag == "th" ? std::string_view("td") : tag, token, step);
    separate(tag);
    if (step > 0) {
      collect_links(tag, token);
      note(tag, token);
    }
  }

  // White space that a tag stands for.
  void separate(std::string_view tag) {
    const bool heading = tag.size() == 2 && tag[0] == 'h' && is_ascii_digit(tag[1]);
    if (tag == "br" || tag == "div") return add_space("\n");
    if (tag == "li" || tag == "th" || tag == "td" || tag == "dt" || tag == "dd" || tag == "embed" ||
        heading) {
      return add_space(" ");
    }
    if (tag == "p" || tag == "hr" || tag == "blockquote" || tag == "pre" || tag == "listing" ||
        tag == "plaintext" || tag == "xmp" || tag == "title") {
      add_space("\n\n");
    }
  }

  void add_space(std::string_view space) {
    std::string& text = out_.text;
    if (has_piece_ && !last_is_space_ && !last_is_invisible_ && text.size() > piece_from_ &&
        text.back() == ' ') {
      text.pop_back();
    }
    piece_from_ = text.size();
    text += space;
    has_piece_ = last_is_space_ = true;
    last_is_invisible_ = false;
  }

  void read_text(std::string_view written, bool with_references) {
    std::string text;
    if (with_references) {
      append_resolved(written, text);
    } else {
      text = written;
    }
    if (open_anchors_ > 0 && !out_.anchors.empty()) {
      out_.anchors.back() += text;
      if (anchor_link_ < out_.links.size()) out_.links[anchor_link_].texts.back() += text;
    }
    if (open_titles_ > 0 && !out_.titles.empty()) out_.titles.back() += text;
    const bool blank = std::all_of(text.begin(), text.end(), is_ascii_space);
    const bool invisible = !blank && is_invisible();
    note_obfuscation(text);
    append_piece(text, invisible);
  }

  void append_piece(std::string_view text, bool invisible) {
    std::string& out = out_.text;
    const bool after_space = has_piece_ && last_is_space_ && !invisible;
    piece_from_ = out.size();
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t space = html_spaces.find(text, i);
      out.append(text.substr(i, space - i));
      i = space;
      if (i == text.size()) break;
      while (i < text.size() && html_spaces.contains(text[i])) ++i;
      if (!(after_space && out.size() == piece_from_)) out += ' ';
    }
    has_piece_ = true;
    last_is_space_ = false;
    last_is_invisible_ = invisible;
  }

  void note_obfuscation(std::string_view text) {
    if (!has_piece_ || text.empty() || out_.text.size() == piece_from_) return;
    if (starts_word(text, 0) && starts_word(out_.text, last_character(out_.text))) {
      ++obfuscations_;
    }
  }

  // "&nbsp;" is a space here, whatever stands around it.
  static void append_resolved(std::string_view written, std::string& text) {
    text.reserve(written.size());
    for (std::size_t at = 0; at < written.size();) {
      const std::size_t end = std::min(written.find('&', at), written.size());
      text.append(written.substr(at, end - at));
      if (end == written.size()) return;
      constexpr std::string_view no_break_space = "&nbsp;";
      if (written.substr(end, no_break_space.size()) == no_break_space) {
        text += ' ';
        at = end + no_break_space.size();
        continue;
      }
      const CharacterReference read = read_reference(written.substr(end), false);
      if (read.size == 0) {
        text += '&';
        at = end + 1;
      } else {
        append_utf8(read.code_point, text);
        at = end + read.size;
      }
    }
  }

  bool is_invisible() {
    const Style& style = styles_.back();
    if (style.colour && style.background &&
        colour_distance(*style.colour, *style.background) < 12) {
      out_.low_contrast = true;
      return true;
    }
    if (!style.colour || !style.background) {
      if (style.colour == style.background) {
        out_.low_contrast = true;
      } else {
        out_.invalid_color = true;
      }
      return true;
    }
    return style.size <= 1 || style.not_displayed || style.not_visible;
  }

  void change_style(std::string_view tag, const HtmlToken& token, int step) {
    if (!is_one_of(tag, styled_elements)) return;
    if (step < 0) {
      if (tag != "body") close_style(tag);
      return;
    }
    if (tag == "basefont") {
      if (const auto size = leading_number(trimmed(attribute(token, "size")))) {
        base_font_ = *size;
        return;
      }
    }
    if (tag == "td" || tag == "tr") close_cells(tag);
    Style style = styles_.back();
    style.tag = tag;
    if (tag == "big") ++style.size;
    if (tag == "small") --style.size;
    if (tag != "big" && tag != "small") read_attributes(tag, token, style);
    if (styles_.size() < deepest) {
      styles_.push_back(style);
      ++open_[tag];
    }
  }

  void read_attributes(std::string_view tag, const HtmlToken& token, Style& style) {
    const bool font = tag == "font" || tag == "basefont";
    for (const HtmlAttribute& each : token.attributes) {
      const std::string name = ascii_lowered(each.name);
      bool counts = true;
      if ((font && name == "color") || (tag == "body" && name == "text")) {
        style.colour = read_html_colour(each.value);
      } else if (font && name == "size") {
        set_size(trimmed(each.value), style);
      } else if (name == "style" && is_one_of(tag, elements_with_style)) {
        read_style(resolved_references(each.value, arena_), styles_.back(), style);
      } else {
        counts = (font && name == "face") || (tag == "body" && name == "bgcolor");
      }
      if (!counts) continue;
      out_.largest_font = std::max(out_.largest_font, style.size);
      out_.smallest_font = std::min(out_.smallest_font, style.size);
    }
  }

  void set_size(std::string_view text, Style& style) const {
    const bool signed_size = !text.empty() && (text[0] == '+' || text[0] == '-');
    const auto number = leading_number(signed_size ? text.substr(1) : text);
    if (!number) return;
    style.size = !signed_size ? *number : base_font_ + (text[0] == '-' ? -*number : *number);
  }

  void pop_style() {
    --open_[styles_.back().tag];
    styles_.pop_back();
  }

  void close_style(std::string_view tag) {
    const auto open = open_.find(tag);
    if (open == open_.end() || open->second == 0) return;
    while (styles_.size() > 1 && styles_.back().tag != tag) pop_style();
    if (styles_.size() > 1) pop_style();
  }

  // A cell ends where the next begins.
  void close_cells(std::string_view tag) {
    const auto open = open_.find(tag);
    if (open == open_.end() || open->second == 0) return;
    while (styles_.size() > 1) {
      const std::string_view top = styles_.back().tag;
      if (top != "font" && top != "td" && !(tag == "tr" && top == "tr")) return;
      pop_style();
    }
  }

  std::string_view attribute(const HtmlToken& token, std::string_view name) const {
    for (const HtmlAttribute& each : token.attributes) {
      if (equals_ignoring_case(each.name, name)) return each.value;
    }
    return {};
  }
  bool has_attribute(const HtmlToken& token, std::string_view name) const {
    return attribute(token, name).data() != nullptr;
  }
  std::string_view resolved(const HtmlToken& token, std::string_view name) {
    return resolved_references(attribute(token, name), arena_);
  }

  void collect_links(std::string_view tag, const HtmlToken& token) {
    const auto add = [&](std::string_view name) {
      if (has_attribute(token, name)) add_link(tag, resolved(token, name));
    };
    if (tag == "body" || tag == "table" || tag == "tr" || tag == "td") {
      add("background");
    } else if (tag == "a" || tag == "area" || tag == "link") {
      add("href");
      add("data-saferedirecturl");
    } else if (tag == "img" || tag == "frame" || tag == "iframe" || tag == "embed" ||
               tag == "script" || tag == "bgsound") {
      add("src");
    } else if (tag == "form") {
      add("action");
    } else if (tag == "base") {
      add("href");
      set_base(trimmed(resolved(token, "href")));
    } else if (tag == "meta" && find_ignoring_case(resolved(token, "http-equiv"), "refresh") !=
                                    std::string_view::npos) {
      add_refresh(tag, resolved(token, "content"));
    }
  }

  void set_base(std::string_view url) {
    const std::string scheme = ascii_lowered(url.substr(0, 6));
    if (scheme.find("http:") == 0 || scheme.find("https:") == 0 || scheme.find("ftp:") == 0) {
      base_ = std::string(url.substr(0, 2048));
    }
  }

  void add_refresh(std::string_view tag, std::string_view content) {
    std::size_t at = find_ignoring_case(content, "url");
    if (at == std::string_view::npos) return;
    at = content.find('=', at);
    if (at == std::string_view::npos) return;
    const std::string_view url = content.substr(at + 1);
    add_link(tag, trimmed(url.substr(0, url.find(';'))));
  }

  std::size_t link_index(std::string url) {
    const auto [entry, added] = link_of_.try_emplace(url, out_.links.size());
    if (!added) return entry->second;
    if (out_.links.size() >= most_links) {
      link_of_.erase(entry);
      return out_.links.size();
    }
    HtmlLink link;
    link.url = std::move(url);
    out_.links.push_back(std::move(link));
    return entry->second;
  }

  void add_link(std::string_view tag, std::string_view written) {
    const std::string_view url = trimmed(written).substr(0, longest_uri);
    if (url.empty()) return;
    const std::size_t index = link_index(resolved_uri(base_, url));
    if (index < out_.links.size()) out_.links[index].tags.push_back(tag);
  }

  void note(std::string_view tag, const HtmlToken& token) {
    if (tag == "img") note_image(token);
    if (tag == "font" && has_attribute(token, "face") && !is_usual_face(resolved(token, "face"))) {
      out_.bad_font_face = true;
    }
    if (tag == "form" &&
        find_ignoring_case(attribute(token, "action"), "mailto:") != std::string_view::npos) {
      out_.mail_form = true;
    }
    if (tag == "object" || tag == "embed") out_.embeds = true;
    if (tag == "title" && out_.titles.size() < 100) out_.titles.emplace_back();
    if (tag == "a") {
      out_.anchors.emplace_back();
      anchor_link_ =
          link_index(std::string(trimmed(resolved(token, "href")).substr(0, longest_uri)));
      if (anchor_link_ < out_.links.size()) out_.links[anchor_link_].texts.emplace_back();
    }
  }

  void note_image(const HtmlToken& token) {
    if (open_anchors_ > 0 && !out_.anchors.empty()) {
      out_.anchors.back() += "<img>\n";
      if (anchor_link_ < out_.links.size()) out_.links[anchor_link_].texts.back() += "<img>\n";
    }
    if (!has_attribute(token, "width") || !has_attribute(token, "height")) return;
    // Percentages are of a screen of 800 by 600.
    const auto pixels = [](std::string_view text, std::uint64_t percent) -> std::uint64_t {
      const bool relative = !text.empty() && text.back() == '%';
      if (relative) text.remove_suffix(1);
      const auto number = parse_decimal(text);
      if (!number || *number == 0 || *number > 100000) return 200;
      return relative ? *number * percent : *number;
    };
    out_.image_area += pixels(attribute(token, "width"), 8) * pixels(attribute(token, "height"), 6);
  }

  // Names of letters, spaces and hyphens, perhaps quoted, perhaps several.
  static bool is_usual_face(std::string_view faces) {
    faces = trimmed(faces);
    if (!faces.empty() && faces.back() == ';') faces.remove_suffix(1);
    bool first = true;
    for (std::string_view face : split(faces, ',')) {
      while (!face.empty() && is_ascii_space(face.front())) face.remove_prefix(1);
      if (!face.empty() && (face[0] == '"' || face[0] == '\'' || (first && face[0] == '.'))) {
        face.remove_prefix(1);
      }
      if (!face.empty() && (face.back() == '"' || face.back() == '\'')) face.remove_suffix(1);
      if (!face.empty() && is_ascii_digit(face.back())) face.remove_suffix(1);
      first = false;
      if (face.size() < 2 || !is_ascii_alpha(face.back())) return false;
      if (!is_ascii_alpha(face[0]) && face[0] != ' ') return false;
      const auto usual = [](char c) { return is_ascii_alpha(c) || c == ' ' || c == '-'; };
      if (!std::all_of(face.begin(), face.end(), usual)) return false;
    }
    return true;
  }

  RenderedHtml finish() {
    const auto of_tags = [this](std::size_t part) {
      return tags_ == 0 ? 0 : static_cast<double>(part) / static_cast<double>(tags_);
    };
    out_.has_tags = tags_ > 0;
    out_.closed_extra_ratio = of_tags(closed_extra_);
    out_.bad_tag_ratio = of_tags(tags_ - std::min(tags_, elements_));
    out_.obfuscation_ratio = of_tags(obfuscations_);
    out_.non_element_ratio = tags_seen_ == 0 ? 0
                                             : static_cast<double>(tags_seen_ - elements_seen_) /
                                                   static_cast<double>(tags_seen_);
    for (const char c : out_.text) {
      if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
      ++out_.characters;
      if (!is_ascii_space(c)) ++out_.non_space;
    }
    return std::move(out_);
  }

  HtmlTokenizer tokenizer_;
  Arena& arena_;
  RenderedHtml out_;
  std::vector<Style> styles_;
  std::map<std::string_view, int> open_;  // styles by tag
  std::unordered_map<std::string, std::size_t> link_of_;
  std::string base_;
  int base_font_ = 3;
  int open_anchors_ = 0;
  int open_titles_ = 0;
  std::size_t anchor_link_ = 0;
  // The latest piece of text: where it begins, and whether a tag stands for it.
  std::size_t piece_from_ = 0;
  bool has_piece_ = false;
  bool last_is_space_ = false;
  bool last_is_invisible_ = false;
  std::size_t tags_ = 0, elements_ = 0, tags_seen_ = 0, elements_seen_ = 0;
  std::size_t closed_extra_ = 0, obfuscations_ = 0;
};

// Typographic quotes delimit attributes as plain ones do, so all become plain.
std::string_view with_plain_quotes(std::string_view source, Arena& arena) {
  constexpr std::string_view start = "\xe2\x80";
  const auto is_quote = [&](std::size_t at) {
    return at + 2 < source.size() && (source[at + 2] == '\x9c' || source[at + 2] == '\x9d');
  };
  std::string plain;
  std::size_t done = 0;
  for (std::size_t at = source.find(start); at != std::string_view::npos;
       at = source.find(start, at + start.size())) {
    if (!is_quote(at)) continue;
    plain.append(source.substr(done, at - done)).append(1, '"');
    done = at + start.size() + 1;
  }
  if (done == 0) return source;
  return arena.store(plain.append(source.substr(done)));
}

}  // namespace

RenderedHtml render_html(std::string_view source, Arena& arena) {
  return Renderer(with_plain_quotes(source, arena), arena).run();
}

}  // namespace postern
