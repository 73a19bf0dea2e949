// HtmlTokenizer: HTML as mail has it into tags and texts, one pass, no tree.
//
// Follows the tokenizer of WHATWG HTML (section 13.2.5) where it decides what a reader sees:
// attributes, unclosed quotes, comments, raw text elements. Linear, and allocates nothing per
// token. Ownership: views into the source. Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace postern {

// Elements that somebody asks for, in no order that matters; all others are `other`.
enum class HtmlTag : std::uint8_t {
  other,
  a,
  abbr,
  address,
  area,
  article,
  aside,
  b,
  base,
  big,
  blockquote,
  body,
  br,
  button,
  cite,
  code,
  col,
  dd,
  del,
  div,
  dl,
  dt,
  em,
  embed,
  fieldset,
  figcaption,
  figure,
  font,
  footer,
  form,
  h1,
  h2,
  h3,
  h4,
  h5,
  h6,
  head,
  header,
  hr,
  html,
  i,
  iframe,
  img,
  input,
  ins,
  kbd,
  label,
  li,
  link,
  main,
  mark,
  meta,
  nav,
  noembed,
  noframes,
  object,
  ol,
  option,
  p,
  param,
  pre,
  q,
  s,
  samp,
  script,
  section,
  select,
  small,
  source,
  span,
  strike,
  strong,
  style,
  sub,
  sup,
  table,
  tbody,
  td,
  template_,
  textarea,
  tfoot,
  th,
  thead,
  title,
  tr,
  track,
  tt,
  u,
  ul,
  var,
  wbr,
  xmp,
  count
};

// Attributes that somebody asks for.
enum class HtmlAttributeName : std::uint8_t {
  other,
  action,
  background,
  bgcolor,
  color,
  content,
  hidden,
  href,
  http_equiv,
  src,
  style,
  text
};

struct HtmlAttribute {
  HtmlAttributeName id = HtmlAttributeName::other;
  std::string_view name;   // as written
  std::string_view value;  // as written, without quotes; references not resolved
};

struct HtmlToken {
  enum class Kind : std::uint8_t { text, raw_text, open_tag, close_tag, comment };
  Kind kind = Kind::text;
  HtmlTag tag = HtmlTag::other;  // of a tag; of a raw_text the element that it is in
  // Of a text or raw_text; of a tag its name as written; of a comment all of it as written.
  std::string_view text;
  std::vector<HtmlAttribute> attributes;  // of an open_tag; at most 100
  bool closed = true;                     // false: a tag that the text ends in
};

class HtmlTokenizer {
 public:
  explicit HtmlTokenizer(std::string_view source) : in_(source) {}
  // False at the end. `token` is reused to save its vector.
  bool next(HtmlToken& token);

 private:
  bool read_markup(HtmlToken& token);
  void read_comment();
  void read_tag(HtmlToken& token, std::size_t name_at);
  void read_attributes(HtmlToken& token);
  HtmlAttribute read_attribute();
  void read_raw_text(HtmlToken& token);
  void skip_space();

  std::string_view in_;
  std::size_t at_ = 0;
  HtmlTag raw_text_of_ = HtmlTag::other;  // the element whose raw text comes next
};

}  // namespace postern
