#include "mail/html.h"

#include <algorithm>
#include <array>
#include <string>

#include "mail/html_entities.h"
#include "mail/html_style.h"
#include "mail/html_tokenizer.h"
#include "mail/links.h"
#include "mail/url.h"
#include "mail/utf8.h"

namespace postern {
namespace {

// Deeper elements change nothing any more; browsers stop at 512 too.
constexpr std::size_t deepest = 512;

enum class Flow : std::uint8_t { inside_a_word, space, line };

Flow flow_of(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::a:
    case HtmlTag::abbr:
    case HtmlTag::b:
    case HtmlTag::big:
    case HtmlTag::cite:
    case HtmlTag::code:
    case HtmlTag::del:
    case HtmlTag::em:
    case HtmlTag::font:
    case HtmlTag::i:
    case HtmlTag::ins:
    case HtmlTag::kbd:
    case HtmlTag::label:
    case HtmlTag::mark:
    case HtmlTag::q:
    case HtmlTag::s:
    case HtmlTag::samp:
    case HtmlTag::small:
    case HtmlTag::span:
    case HtmlTag::strike:
    case HtmlTag::strong:
    case HtmlTag::sub:
    case HtmlTag::sup:
    case HtmlTag::tt:
    case HtmlTag::u:
    case HtmlTag::var:
    case HtmlTag::wbr: return Flow::inside_a_word;
    case HtmlTag::address:
    case HtmlTag::article:
    case HtmlTag::aside:
    case HtmlTag::blockquote:
    case HtmlTag::body:
    case HtmlTag::br:
    case HtmlTag::dd:
    case HtmlTag::div:
    case HtmlTag::dl:
    case HtmlTag::dt:
    case HtmlTag::fieldset:
    case HtmlTag::figcaption:
    case HtmlTag::figure:
    case HtmlTag::footer:
    case HtmlTag::form:
    case HtmlTag::h1:
    case HtmlTag::h2:
    case HtmlTag::h3:
    case HtmlTag::h4:
    case HtmlTag::h5:
    case HtmlTag::h6:
    case HtmlTag::header:
    case HtmlTag::hr:
    case HtmlTag::li:
    case HtmlTag::main:
    case HtmlTag::nav:
    case HtmlTag::ol:
    case HtmlTag::p:
    case HtmlTag::pre:
    case HtmlTag::section:
    case HtmlTag::table:
    case HtmlTag::tbody:
    case HtmlTag::tfoot:
    case HtmlTag::thead:
    case HtmlTag::title:
    case HtmlTag::tr:
    case HtmlTag::ul: return Flow::line;
    default: return Flow::space;
  }
}

// Elements that cannot contain anything.
bool is_void(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::area:
    case HtmlTag::base:
    case HtmlTag::br:
    case HtmlTag::col:
    case HtmlTag::embed:
    case HtmlTag::hr:
    case HtmlTag::img:
    case HtmlTag::input:
    case HtmlTag::link:
    case HtmlTag::meta:
    case HtmlTag::param:
    case HtmlTag::source:
    case HtmlTag::track:
    case HtmlTag::wbr: return true;
    default: return false;
  }
}

// Whether an open element ends where `next` begins, its end tag being optional.
bool ends_before(HtmlTag open, HtmlTag next) {
  switch (open) {
    case HtmlTag::p: return flow_of(next) == Flow::line && next != HtmlTag::br;
    case HtmlTag::li: return next == HtmlTag::li;
    case HtmlTag::option: return next == HtmlTag::option;
    case HtmlTag::dt:
    case HtmlTag::dd: return next == HtmlTag::dt || next == HtmlTag::dd;
    case HtmlTag::td:
    case HtmlTag::th: return next == HtmlTag::td || next == HtmlTag::th || next == HtmlTag::tr;
    case HtmlTag::tr: return next == HtmlTag::tr;
    default: return false;
  }
}

// A text in which white space collapses: it is remembered, and written before the next character.
class CollapsedText {
 public:
  void separate(Flow flow) { pending_ = std::max(pending_, flow); }

  void append(std::string_view word) {
    begin_word();
    text_.append(word);
  }
  void append(char32_t code_point) {
    begin_word();
    append_utf8(code_point, text_);
  }

  std::size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }
  void reserve(std::size_t octets) { text_.reserve(octets); }

 private:
  void begin_word() {
    if (pending_ == Flow::inside_a_word) return;
    if (!text_.empty()) text_.push_back(pending_ == Flow::line ? '\n' : ' ');
    pending_ = Flow::inside_a_word;
  }

  std::string text_;
  Flow pending_ = Flow::inside_a_word;
};

enum class CharClass : std::uint8_t { plain, space, ampersand, perhaps_space };

constexpr std::array<CharClass, 256> make_char_classes() {
  std::array<CharClass, 256> classes{};
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) {
    classes[static_cast<unsigned char>(c)] = CharClass::space;
  }
  classes['&'] = CharClass::ampersand;
  classes[0xC2] = CharClass::perhaps_space;  // begins U+00A0
  return classes;
}

constexpr auto char_classes = make_char_classes();
constexpr std::string_view no_break_space = "\xC2\xA0";

class HtmlReader {
 public:
  HtmlReader(std::string_view source, Arena& arena, std::vector<Link>& links, HtmlShape& shape)
      : tokenizer_(source), arena_(arena), links_(links), shape_(shape) {
    visible_.reserve(source.size());
    markup_.reserve(source.size());
  }

  HtmlTexts run() {
    HtmlToken token;
    while (tokenizer_.next(token)) {
      switch (token.kind) {
        case HtmlToken::Kind::text: append_text(token.text, false); break;
        case HtmlToken::Kind::raw_text: read_raw_text(token); break;
        case HtmlToken::Kind::open_tag: read_open_tag(token); break;
        case HtmlToken::Kind::close_tag: close_element(token.tag); break;
        case HtmlToken::Kind::comment: ++shape_.comments; break;
      }
    }
    return finish();
  }

 private:
  struct Element {
    HtmlTag tag;
    HtmlStyle outside;  // to go back to
  };

  // An anchor's shown text: a range of the visible text, which still moves while it grows.
  struct ShownRange {
    std::size_t link;
    std::size_t from;
    std::size_t to;
  };

  static constexpr std::size_t no_anchor = static_cast<std::size_t>(-1);

  void append_text(std::string_view text, bool unseen) {
    CollapsedText& out = unseen || hidden_now_ ? hidden_ : visible_;
    std::size_t at = 0;
    while (at < text.size()) {
      std::size_t end = at;
      while (end < text.size() && class_of(text[end]) == CharClass::plain) ++end;
      if (end > at) out.append(text.substr(at, end - at));
      if (end == text.size()) return;
      at = append_special(text, end, out);
    }
  }

  static CharClass class_of(char c) { return char_classes[static_cast<unsigned char>(c)]; }

  // Space, references and U+00A0; returns where to go on.
  static std::size_t append_special(std::string_view text, std::size_t at, CollapsedText& out) {
    switch (class_of(text[at])) {
      case CharClass::space: out.separate(Flow::space); return at + 1;
      case CharClass::ampersand: {
        const CharacterReference read = read_reference(text.substr(at), /*in_attribute=*/false);
        if (read.size == 0) break;
        const bool space =
            read.code_point == 0xA0 ||
            (read.code_point < 0x80 && is_ascii_space(static_cast<char>(read.code_point)));
        if (space) {
          out.separate(Flow::space);
        } else {
          out.append(read.code_point);
        }
        return at + read.size;
      }
      default:
        if (text.substr(at, 2) != no_break_space) break;
        out.separate(Flow::space);
        return at + 2;
    }
    out.append(text.substr(at, 1));
    return at + 1;
  }

  void read_raw_text(const HtmlToken& token) {
    if (token.tag == HtmlTag::title) append_text(token.text, /*unseen=*/true);
    if (token.tag == HtmlTag::textarea || token.tag == HtmlTag::xmp) append_text(token.text, false);
  }

  void read_open_tag(const HtmlToken& token) {
    ++shape_.tags;
    count(token.tag);
    append_markup(token);
    close_implied(token.tag);
    separate(token.tag);
    collect_links(token);
    if (is_void(token.tag)) return;
    if (elements_.size() < deepest) {
      elements_.push_back({token.tag, style_});
      ++open_[static_cast<std::size_t>(token.tag)];
    }
    if (token.attributes.empty() && token.tag != HtmlTag::a && token.tag != HtmlTag::template_) {
      return;
    }
    set_style(style_.of_child(token));
  }

  void set_style(const HtmlStyle& style) {
    style_ = style;
    const bool hidden = style.hides();
    if (hidden && !hidden_now_) hidden_.separate(Flow::space);
    hidden_now_ = hidden;
  }

  void separate(HtmlTag tag) {
    const Flow flow = flow_of(tag);
    visible_.separate(flow);
    hidden_.separate(flow);
  }

  void count(HtmlTag tag) {
    switch (tag) {
      case HtmlTag::a: ++shape_.anchors; break;
      case HtmlTag::img: ++shape_.images; break;
      case HtmlTag::form:
      case HtmlTag::input: ++shape_.forms; break;
      case HtmlTag::script: ++shape_.scripts; break;
      case HtmlTag::style: ++shape_.styles; break;
      case HtmlTag::table: ++shape_.tables; break;
      default: break;
    }
  }

  void append_markup(const HtmlToken& token) {
    markup_.push_back('<');
    append_lowered(token.text);
    for (const HtmlAttribute& attribute : token.attributes) {
      markup_.push_back(' ');
      append_lowered(attribute.name);
      const char quote = attribute.value.find('"') == std::string_view::npos ? '"' : '\'';
      markup_.push_back('=');
      markup_.push_back(quote);
      markup_.append(attribute.value);
      markup_.push_back(quote);
    }
    markup_.push_back('>');
  }

  void append_lowered(std::string_view name) {
    for (const char c : name) markup_.push_back(ascii_lower(c));
  }

  // Elements whose end tag is optional end here; inline elements in them do not stop that.
  void close_implied(HtmlTag next) {
    constexpr std::size_t farthest = 8;
    std::size_t looked_at = 0;
    for (std::size_t i = elements_.size(); i-- > 0 && looked_at < farthest; ++looked_at) {
      if (ends_before(elements_[i].tag, next)) {
        pop_to(i);
        // A row ends with its last cell.
        looked_at = 0;
        continue;
      }
      if (flow_of(elements_[i].tag) != Flow::inside_a_word) return;
    }
  }

  void close_element(HtmlTag tag) {
    if (tag == HtmlTag::a) end_anchor();
    separate(tag);
    if (open_[static_cast<std::size_t>(tag)] == 0) return;
    std::size_t index = elements_.size() - 1;
    while (elements_[index].tag != tag) --index;
    pop_to(index);
  }

  // Ends the element at `index` and all inside it. Every element is ended once, so this is linear
  // over the whole text.
  void pop_to(std::size_t index) {
    set_style(elements_[index].outside);
    while (elements_.size() > index) {
      --open_[static_cast<std::size_t>(elements_.back().tag)];
      elements_.pop_back();
    }
  }

  void collect_links(const HtmlToken& token) {
    bool refresh = false;
    for (const HtmlAttribute& attribute : token.attributes) {
      switch (attribute.id) {
        case HtmlAttributeName::href: collect_href(token.tag, attribute.value); break;
        case HtmlAttributeName::src:
          add_link(attribute.value,
                   token.tag == HtmlTag::img ? LinkKind::image : LinkKind::resource);
          break;
        case HtmlAttributeName::action:
          if (token.tag == HtmlTag::form) add_link(attribute.value, LinkKind::form);
          break;
        case HtmlAttributeName::background: add_link(attribute.value, LinkKind::resource); break;
        case HtmlAttributeName::http_equiv:
          refresh = equals_ignoring_case(trimmed(attribute.value), "refresh");
          break;
        default: break;
      }
    }
    if (refresh && token.tag == HtmlTag::meta) collect_refresh(token);
  }

  void collect_href(HtmlTag tag, std::string_view value) {
    switch (tag) {
      case HtmlTag::base: base_ = clean_url(value); break;
      case HtmlTag::a:
        end_anchor();
        if (add_link(value, LinkKind::anchor)) {
          anchor_ = shown_.size();
          shown_.push_back({links_.size() - 1, visible_.size(), visible_.size()});
        }
        break;
      case HtmlTag::area: add_link(value, LinkKind::anchor); break;
      default: add_link(value, LinkKind::resource); break;
    }
  }

  // <meta http-equiv=refresh content="0; url=...">
  void collect_refresh(const HtmlToken& token) {
    for (const HtmlAttribute& attribute : token.attributes) {
      if (attribute.id != HtmlAttributeName::content) continue;
      const std::size_t url = find_ignoring_case(attribute.value, "url=");
      if (url == std::string_view::npos) continue;
      std::string_view value = trimmed(attribute.value.substr(url + 4));
      if (!value.empty() && (value.front() == '\'' || value.front() == '"')) {
        value = value.substr(1, value.find(value.front(), 1) - 1);
      }
      add_link(value, LinkKind::resource);
    }
  }

  void end_anchor() {
    if (anchor_ == no_anchor) return;
    shown_[anchor_].to = visible_.size();
    anchor_ = no_anchor;
  }

  bool add_link(std::string_view value, LinkKind kind) {
    if (links_.size() >= JudgementLimits::links) {
      cut_ = true;
      return false;
    }
    Link link;
    link.url = against_base(clean_url(value));
    if (link.url.empty()) return false;
    link.host = stored_host(link.url, arena_);
    link.kind = kind;
    links_.push_back(link);
    return true;
  }

  // References resolved; tabs and line ends dropped as browsers do.
  std::string_view clean_url(std::string_view value) {
    const std::string_view url = trimmed(resolved_references(value, arena_));
    if (url.find_first_of("\t\n\r") == std::string_view::npos) return url;
    ArenaWriter out(arena_, url.size());
    for (const char c : url) {
      if (c != '\t' && c != '\n' && c != '\r') out.push_back(c);
    }
    return out.view();
  }

  // An address without scheme and host takes those of <base href>.
  std::string_view against_base(std::string_view url) {
    constexpr std::size_t longest_base = 2048;
    if (base_.empty() || base_.size() > longest_base || url.empty()) return url;
    if (!url_scheme(url).empty() || url.starts_with("//")) return url;
    const std::size_t host_at = base_.find("//");
    const std::size_t path_at =
        host_at == std::string_view::npos ? host_at : base_.find('/', host_at + 2);
    std::string_view front = base_.substr(0, path_at);
    if (url.front() != '/' && path_at != std::string_view::npos) {
      front = base_.substr(0, base_.rfind('/'));
    }
    ArenaWriter out(arena_, front.size() + 1 + url.size());
    out.append(front);
    if (url.front() != '/') out.push_back('/');
    out.append(url);
    return out.view();
  }

  HtmlTexts finish() {
    end_anchor();
    HtmlTexts texts;
    texts.visible = arena_.store(visible_.text());
    texts.hidden = arena_.store(hidden_.text());
    texts.markup = arena_.store(markup_);
    set_shown_texts(texts.visible);
    shape_.visible_octets += texts.visible.size();
    shape_.hidden_octets += texts.hidden.size();
    shape_.markup_octets += texts.markup.size();
    texts.cut = cut_;
    return texts;
  }

  // The shown text of anchors, and the addresses in the text around them.
  void set_shown_texts(std::string_view visible) {
    std::size_t outside = 0;
    for (const ShownRange& range : shown_) {
      Link& link = links_[range.link];
      link.shown = trimmed(visible.substr(range.from, range.to - range.from));
      link.shown_host = host_shown_by(link.shown, arena_);
    }
    for (const ShownRange& range : shown_) {
      append_outside_links(visible.substr(outside, range.from - outside));
      outside = range.to;
    }
    append_outside_links(visible.substr(outside));
  }

  void append_outside_links(std::string_view text) {
    if (!append_text_links(text, arena_, links_)) cut_ = true;
  }

  HtmlTokenizer tokenizer_;
  Arena& arena_;
  std::vector<Link>& links_;
  HtmlShape& shape_;

  CollapsedText visible_;
  CollapsedText hidden_;
  std::string markup_;
  std::vector<Element> elements_;
  std::array<std::size_t, static_cast<std::size_t>(HtmlTag::count)> open_{};  // by tag
  HtmlStyle style_;
  bool hidden_now_ = false;
  std::string_view base_;
  std::vector<ShownRange> shown_;
  std::size_t anchor_ = no_anchor;  // index into shown_
  bool cut_ = false;
};

}  // namespace

HtmlTexts read_html(std::string_view source, Arena& arena, std::vector<Link>& links,
                    HtmlShape& shape) {
  return HtmlReader(source, arena, links, shape).run();
}

}  // namespace postern
