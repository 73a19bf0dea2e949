#include "mail/html_tokenizer.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/ascii.h"
#include "mail/char_set.h"

namespace postern {
namespace {

constexpr std::size_t most_attributes = 100;

constexpr CharSet tag_name_ends(" \t\n\r\f/>");
constexpr CharSet attribute_name_ends(" \t\n\r\f/>=");
constexpr CharSet value_ends(" \t\n\r\f>");

// In the order of HtmlTag.
constexpr std::string_view tag_names[] = {
    "",         "a",          "abbr",       "address", "area",   "article", "aside",    "b",
    "base",     "big",        "blockquote", "body",    "br",     "button",  "cite",     "code",
    "col",      "dd",         "del",        "div",     "dl",     "dt",      "em",       "embed",
    "fieldset", "figcaption", "figure",     "font",    "footer", "form",    "h1",       "h2",
    "h3",       "h4",         "h5",         "h6",      "head",   "header",  "hr",       "html",
    "i",        "iframe",     "img",        "input",   "ins",    "kbd",     "label",    "li",
    "link",     "main",       "mark",       "meta",    "nav",    "noembed", "noframes", "object",
    "ol",       "option",     "p",          "param",   "pre",    "q",       "s",        "samp",
    "script",   "section",    "select",     "small",   "source", "span",    "strike",   "strong",
    "style",    "sub",        "sup",        "table",   "tbody",  "td",      "template", "textarea",
    "tfoot",    "th",         "thead",      "title",   "tr",     "track",   "tt",       "u",
    "ul",       "var",        "wbr",        "xmp"};
static_assert(std::size(tag_names) == static_cast<std::size_t>(HtmlTag::count));

constexpr std::size_t hash_size = 512;
constexpr std::size_t longest_tag = 10;

constexpr std::size_t tag_hash(std::string_view name) {
  std::size_t hash = name.size();
  for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(ascii_lower(c));
  return (hash ^ (hash >> 9)) % hash_size;
}

// Open addressing; 0 is an empty slot.
constexpr std::array<std::uint8_t, hash_size> make_tag_table() {
  std::array<std::uint8_t, hash_size> table{};
  for (std::size_t i = 1; i < std::size(tag_names); ++i) {
    std::size_t slot = tag_hash(tag_names[i]);
    while (table[slot] != 0) slot = (slot + 1) % hash_size;
    table[slot] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto tag_table = make_tag_table();

HtmlTag find_tag(std::string_view name) {
  if (name.size() > longest_tag) return HtmlTag::other;
  for (std::size_t slot = tag_hash(name); tag_table[slot] != 0; slot = (slot + 1) % hash_size) {
    if (equals_ignoring_case(tag_names[tag_table[slot]], name)) {
      return static_cast<HtmlTag>(tag_table[slot]);
    }
  }
  return HtmlTag::other;
}

HtmlAttributeName find_attribute(std::string_view name) {
  const auto is = [name](std::string_view other) { return equals_ignoring_case(name, other); };
  using Name = HtmlAttributeName;
  switch (name.size()) {
    case 3: return is("src") ? Name::src : Name::other;
    case 4: return is("href") ? Name::href : is("text") ? Name::text : Name::other;
    case 5: return is("style") ? Name::style : is("color") ? Name::color : Name::other;
    case 6: return is("action") ? Name::action : is("hidden") ? Name::hidden : Name::other;
    case 7: return is("bgcolor") ? Name::bgcolor : is("content") ? Name::content : Name::other;
    case 10:
      return is("background")   ? Name::background
             : is("http-equiv") ? Name::http_equiv
                                : Name::other;
    default: return Name::other;
  }
}

bool has_raw_text(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::script:
    case HtmlTag::style:
    case HtmlTag::title:
    case HtmlTag::textarea:
    case HtmlTag::xmp:
    case HtmlTag::iframe:
    case HtmlTag::noembed:
    case HtmlTag::noframes: return true;
    default: return false;
  }
}

}  // namespace

bool HtmlTokenizer::next(HtmlToken& token) {
  token.attributes.clear();
  if (at_ == in_.size()) return false;
  if (raw_text_of_ != HtmlTag::other) {
    read_raw_text(token);
    return true;
  }
  if (in_[at_] == '<' && read_markup(token)) return true;
  // Text up to the next "<"; one that begins no markup is text itself.
  const std::size_t end = std::min(in_.find('<', at_ + 1), in_.size());
  token.kind = HtmlToken::Kind::text;
  token.tag = HtmlTag::other;
  token.text = in_.substr(at_, end - at_);
  at_ = end;
  return true;
}

// False when the "<" at hand begins no markup.
bool HtmlTokenizer::read_markup(HtmlToken& token) {
  const char next = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
  if (is_ascii_alpha(next)) {
    token.kind = HtmlToken::Kind::open_tag;
    read_tag(token, at_ + 1);
    if (has_raw_text(token.tag)) raw_text_of_ = token.tag;
    return true;
  }
  const char after = at_ + 2 < in_.size() ? in_[at_ + 2] : '\0';
  if (next == '/' && is_ascii_alpha(after)) {
    token.kind = HtmlToken::Kind::close_tag;
    read_tag(token, at_ + 2);
    token.attributes.clear();
    return true;
  }
  if (next != '!' && next != '?' && next != '/') return false;
  token.kind = HtmlToken::Kind::comment;
  token.tag = HtmlTag::other;
  const std::size_t from = at_;
  read_comment();
  token.text = in_.substr(from, at_ - from);
  return true;
}

void HtmlTokenizer::read_comment() {
  const std::string_view rest = in_.substr(at_);
  std::string_view closing = ">";
  std::size_t from = 0;
  if (rest.starts_with("<!--")) {
    from = 4;
    // "<!-->" and "<!--->" are whole comments.
    const std::string_view inside = rest.substr(from);
    if (!inside.starts_with(">") && !inside.starts_with("->")) closing = "-->";
  }
  const std::size_t end = rest.find(closing, from);
  at_ = end == std::string_view::npos ? in_.size() : at_ + end + closing.size();
}

void HtmlTokenizer::read_tag(HtmlToken& token, std::size_t name_at) {
  const std::size_t name_end = tag_name_ends.find(in_, name_at);
  token.text = in_.substr(name_at, name_end - name_at);
  token.tag = find_tag(token.text);
  at_ = name_end;
  read_attributes(token);
}

void HtmlTokenizer::read_attributes(HtmlToken& token) {
  while (true) {
    skip_space();
    token.closed = at_ < in_.size();
    if (!token.closed) return;
    if (in_[at_] == '>') {
      ++at_;
      return;
    }
    if (in_[at_] == '/') {
      ++at_;
      continue;
    }
    const HtmlAttribute attribute = read_attribute();
    if (token.attributes.size() < most_attributes) token.attributes.push_back(attribute);
  }
}

HtmlAttribute HtmlTokenizer::read_attribute() {
  HtmlAttribute attribute;
  // A "=" in first place belongs to the name.
  const std::size_t name_end = attribute_name_ends.find(in_, at_ + 1);
  attribute.name = in_.substr(at_, name_end - at_);
  attribute.id = find_attribute(attribute.name);
  at_ = name_end;
  skip_space();
  if (at_ == in_.size() || in_[at_] != '=') return attribute;
  ++at_;
  skip_space();
  if (at_ == in_.size()) return attribute;
  const char quote = in_[at_];
  if (quote == '"' || quote == '\'') {
    const std::size_t end = std::min(in_.find(quote, at_ + 1), in_.size());
    attribute.value = in_.substr(at_ + 1, end - at_ - 1);
    at_ = std::min(end + 1, in_.size());
  } else {
    const std::size_t end = value_ends.find(in_, at_);
    attribute.value = in_.substr(at_, end - at_);
    at_ = end;
  }
  return attribute;
}

// Everything up to the end tag of the element, which is left for the next token.
void HtmlTokenizer::read_raw_text(HtmlToken& token) {
  token.kind = HtmlToken::Kind::raw_text;
  token.tag = raw_text_of_;
  const std::string_view name = tag_names[static_cast<std::size_t>(raw_text_of_)];
  raw_text_of_ = HtmlTag::other;
  std::size_t end = at_;
  while (true) {
    end = std::min(in_.find("</", end), in_.size());
    if (end == in_.size() || starts_with_ignoring_case(in_.substr(end + 2), name)) break;
    end += 2;
  }
  token.text = in_.substr(at_, end - at_);
  at_ = end;
}

void HtmlTokenizer::skip_space() {
  while (at_ < in_.size() && is_ascii_space(in_[at_])) ++at_;
}

}  // namespace postern
