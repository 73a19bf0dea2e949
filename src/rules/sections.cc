#include "rules/sections.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern {

namespace {

constexpr std::size_t body_chunk = 2048;
constexpr std::size_t rawbody_chunk = 2048;  // least; twice this at most
// Beyond this many chunks short lines are joined up to a chunk's length, so that a text of
// nothing but line ends costs no more than another of its size.
constexpr std::size_t most_short_chunks = 2000;

bool is_utf8_tail(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Octets of `text` to cut at so that no character is split; `limit` is inside of `text`.
std::size_t character_boundary(std::string_view text, std::size_t limit) {
  std::size_t end = limit;
  while (end > 0 && limit - end < 4 && is_utf8_tail(text[end])) --end;
  return end > 0 ? end : limit;
}

// Length of the white space character at text[at], 0 when it is none. Unicode's spaces count.
std::size_t space_length(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (is_ascii_space(c)) return 1;
  const std::string_view two = text.substr(at, 2);
  if (two == "\xc2\xa0" || two == "\xc2\x85") return 2;
  const std::string_view three = text.substr(at, 3);
  if (three.size() < 3) return 0;
  if (three == "\xe1\x9a\x80" || three == "\xe3\x80\x80" || three == "\xe2\x81\x9f") return 3;
  if (three.substr(0, 2) != "\xe2\x80") return 0;
  const auto last = static_cast<unsigned char>(three[2]);
  return last <= 0x8a || last == 0xa8 || last == 0xa9 || last == 0xaf ? 3 : 0;
}

// White space runs become a space, or a line end where they hold at least two line ends.
void append_joined(std::string_view text, std::string& out) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t length = space_length(text, i);
    if (length == 0) {
      out += text[i++];
      continue;
    }
    int line_ends = 0;
    for (; i < text.size() && (length = space_length(text, i)) > 0; i += length) {
      if (text[i] == '\n') ++line_ends;
    }
    out += line_ends > 1 ? '\n' : ' ';
  }
}

// Lines, each with its line end; a long one is cut at spaces.
void cut_lines(std::string_view whole, std::vector<std::string_view>& chunks) {
  while (!whole.empty()) {
    std::size_t end = std::min(whole.find('\n'), whole.size() - 1) + 1;
    while (chunks.size() >= most_short_chunks && end < body_chunk && end < whole.size()) {
      const std::size_t more = std::min(whole.find('\n', end), whole.size() - 1) + 1;
      if (more > body_chunk) break;
      end = more;
    }
    while (end > body_chunk) {
      const std::size_t space = whole.rfind(' ', body_chunk);
      const std::size_t cut = space == std::string_view::npos || space == 0
                                  ? character_boundary(whole, body_chunk)
                                  : space + 1;
      chunks.push_back(whole.substr(0, cut));
      whole.remove_prefix(cut);
      end -= cut;
    }
    chunks.push_back(whole.substr(0, end));
    whole.remove_prefix(end);
  }
}

// Chunks of 2 to 4 kB that end, if possible, after a line, a tag or a word.
void cut_paragraphs(std::string_view text, std::vector<std::string_view>& chunks) {
  while (text.size() > 2 * rawbody_chunk) {
    std::size_t cut = 0;
    for (const char mark : {'\n', '>', ' '}) {
      const std::size_t at = text.find(mark, rawbody_chunk);
      if (at < 2 * rawbody_chunk) {
        cut = at + 1;
        break;
      }
    }
    if (cut == 0) cut = character_boundary(text, rawbody_chunk);
    chunks.push_back(text.substr(0, cut));
    text.remove_prefix(cut);
  }
  if (!text.empty()) chunks.push_back(text);
}

// Where each piece of a text that is still growing ends: views are made when it has stopped.
class PieceEnds {
 public:
  void mark(std::size_t end) { ends_.push_back(end); }
  template <class Take>
  void each(std::string_view whole, Take&& take) const {
    std::size_t from = 0;
    for (const std::size_t end : ends_) {
      take(whole.substr(from, end - from));
      from = end;
    }
  }

 private:
  std::vector<std::size_t> ends_;
};

const std::vector<Address>* addresses_of(const Content& content, std::string_view field) {
  if (field == "from") return &content.from;
  if (field == "to") return &content.to;
  if (field == "cc") return &content.cc;
  if (field == "reply-to") return &content.reply_to;
  if (field == "sender") return &content.sender;
  return nullptr;
}

// The address in a field that Content does not take apart: "<a@b>" or the word with an "@".
std::string_view address_in(std::string_view value) {
  const std::size_t open = value.find('<');
  const std::size_t close = value.find('>', open == std::string_view::npos ? 0 : open);
  if (open != std::string_view::npos && close != std::string_view::npos) {
    return trimmed(value.substr(open + 1, close - open - 1));
  }
  const std::size_t at = value.find('@');
  if (at == std::string_view::npos) return {};
  std::size_t from = at, to = at;
  while (from > 0 && !is_ascii_space(value[from - 1]) && value[from - 1] != ',') --from;
  while (to < value.size() && !is_ascii_space(value[to]) && value[to] != ',') ++to;
  return value.substr(from, to - from);
}

class HeaderText {
 public:
  explicit HeaderText(std::string& text) : text_(text) { text_.clear(); }
  void add(std::string_view value) {
    if (found_) text_ += '\n';
    text_ += value;
    found_ = true;
  }
  bool found() const { return found_; }

 private:
  std::string& text_;
  bool found_ = false;
};

void add_fields(const Content& content, const HeaderSelector& selector, std::string_view name,
                HeaderText& out) {
  const HeaderField* last = nullptr;
  const auto add = [&](const HeaderField& field) {
    if (selector.form == FieldForm::raw) {
      // As written after the colon and one space, as SpamAssassin has it.
      out.add(field.raw.substr(!field.raw.empty() && field.raw[0] == ' ' ? 1 : 0));
    } else if (selector.form == FieldForm::address) {
      out.add(address_in(field.value));
    } else if (selector.form == FieldForm::name) {
      out.add(trimmed(field.value.substr(0, field.value.find('<'))));
    } else {
      out.add(field.value);
    }
  };
  for (const HeaderField& field : content.fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    if (selector.last) {
      last = &field;
      continue;
    }
    add(field);
    if (selector.first) return;
  }
  if (last != nullptr) add(*last);
}

void add_addresses(const std::vector<Address>& addresses, FieldForm form, HeaderText& out) {
  for (const Address& address : addresses) {
    if (form == FieldForm::name) {
      if (!address.name.empty()) out.add(address.name);
    } else if (!address.mailbox.empty()) {
      out.add(address.mailbox);
    }
  }
}

void add_all(const Content& content, const HeaderSelector& selector, HeaderText& out) {
  for (const HeaderField& field : content.fields) {
    std::string line(field.name);
    if (selector.form == FieldForm::raw) {
      line += ':';
      line += field.raw;
    } else {
      line += ": ";
      line += field.value;
    }
    out.add(line);
  }
}

}  // namespace

void make_body(const Content& content, Section& section) {
  std::string& whole = section.whole;
  append_joined(content.subject, whole);
  whole += '\n';
  const std::size_t subject_end = whole.size();
  std::string text;
  for (const Text& part : content.texts) {
    // A line end between parts, so that together with the part's own they are paragraphs.
    if (!text.empty()) text += '\n';
    text += part.visible;
  }
  append_joined(text, whole);
  cut_lines(std::string_view(whole).substr(0, subject_end), section.chunks);
  cut_lines(std::string_view(whole).substr(subject_end), section.chunks);
}

void make_rawbody(const Content& content, Section& section) {
  PieceEnds ends;
  for (const Text& part : content.texts) {
    section.whole += part.source;
    ends.mark(section.whole.size());
  }
  ends.each(section.whole,
            [&section](std::string_view part) { cut_paragraphs(part, section.chunks); });
}

void make_uris(const Content& content, Section& section) {
  PieceEnds ends;
  std::vector<std::string_view> seen;
  for (const Link& link : content.links) seen.push_back(link.url);
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  for (const std::string_view url : seen) {
    section.whole += url;
    ends.mark(section.whole.size());
  }
  ends.each(section.whole, [&section](std::string_view url) { section.chunks.push_back(url); });
}

void make_full(const Content& content, Section& section) {
  // judged_octets counts a line end as one octet, so that LF and CRLF forms end in one place.
  const std::string_view message = content.message.view();
  std::string& whole = section.whole;
  whole.reserve(content.judged_octets);
  // Line by line, as a line end is what may change.
  for (std::size_t at = 0; at < message.size() && whole.size() < content.judged_octets;) {
    const std::size_t end = std::min(message.find('\n', at), message.size() - 1) + 1;
    std::string_view line = message.substr(at, end - at);
    at = end;
    const bool crlf = line.size() > 1 && line.substr(line.size() - 2) == "\r\n";
    if (crlf) line.remove_suffix(2);
    whole += line.substr(0, content.judged_octets - whole.size());
    if (crlf && whole.size() < content.judged_octets) whole += '\n';
  }
  section.chunks.push_back(whole);
}

bool make_header(const Content& content, const HeaderSelector& selector, std::string& text) {
  HeaderText out(text);
  if (selector.field == "all") {
    add_all(content, selector, out);
  } else if (selector.field == "tocc") {
    for (const char* name : {"to", "cc"}) {
      HeaderSelector each = selector;
      each.field = name;
      std::string part;
      if (make_header(content, each, part)) out.add(part);
    }
  } else if (selector.field == "messageid") {
    for (const char* name :
         {"X-Message-Id", "Resent-Message-Id", "X-Original-Message-ID", "Message-Id"}) {
      add_fields(content, selector, name, out);
    }
  } else if (selector.field == "envelopefrom") {
    add_fields(content, {"return-path", FieldForm::address, true}, "Return-Path", out);
  } else if (const auto* addresses = addresses_of(content, selector.field);
             addresses != nullptr &&
             (selector.form == FieldForm::address || selector.form == FieldForm::name)) {
    add_addresses(*addresses, selector.form, out);
  } else {
    add_fields(content, selector, selector.field, out);
  }
  return out.found();
}

}  // namespace postern
