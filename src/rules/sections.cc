#include "rules/sections.h"

#include <algorithm>

#include "base/ascii.h"
#include "mail/char_set.h"

namespace postern {

namespace {

constexpr std::size_t body_chunk = 2048;
constexpr std::size_t rawbody_chunk = 2048;  // least; twice this at most
// Characters of one part that body rules see (SpamAssassin's body_part_scan_size), and how much
// more to end at a line or a word.
constexpr std::size_t body_part = 50000;
constexpr std::size_t body_part_more = 1024;
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

std::string_view cut_part(std::string_view text) {
  if (text.size() <= body_part) return text;
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if (!is_utf8_tail(text[end]) && ++characters > body_part) break;
  }
  if (end == text.size()) return text;
  for (const char mark : {'\n', ' '}) {
    const std::size_t at = text.find(mark, end);
    if (at != std::string_view::npos && at <= end + body_part_more) return text.substr(0, at + 1);
  }
  return text.substr(0, end);
}

// What a white space character may begin with.
constexpr CharSet space_starts("\t\n\v\f\r \xc2\xe1\xe2\xe3");

// White space runs become a space. One that holds at least two line ends becomes a line end, with
// a space before it and after it where white space stood there.
void append_joined(std::string_view text, std::string& out) {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t next = space_starts.find(text, i);
    out.append(text.substr(i, next - i));
    i = next;
    if (i == text.size()) break;
    std::size_t length = space_length(text, i);
    if (length == 0) {
      out += text[i++];
      continue;
    }
    const std::size_t from = i;
    std::size_t first_end = 0, last_end = 0;
    int line_ends = 0;
    for (; i < text.size() && (length = space_length(text, i)) > 0; i += length) {
      if (text[i] != '\n') continue;
      if (line_ends++ == 0) first_end = i;
      last_end = i;
    }
    if (line_ends < 2) {
      out += ' ';
      continue;
    }
    if (first_end > from) out += ' ';
    out += '\n';
    if (last_end + 1 < i) out += ' ';
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

}  // namespace

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

void make_body(std::string_view subject, const std::vector<std::string_view>& texts,
               Section& section) {
  std::string& whole = section.whole;
  whole = subject.empty() ? "\n" : subject;
  const std::size_t subject_end = whole.size();
  std::string text;
  for (const std::string_view part : texts) {
    // A line end between parts, so that together with the part's own they are paragraphs.
    if (!text.empty()) text += '\n';
    text += cut_part(part);
  }
  append_joined(text, whole);
  cut_lines(std::string_view(whole).substr(0, subject_end), section.chunks);
  section.subject_chunks = section.chunks.size();
  cut_lines(std::string_view(whole).substr(subject_end), section.chunks);
}

void make_rawbody(const Content& content, Section& section) {
  PieceEnds ends;
  for (const Text& part : content.texts) {
    if (content.parts[part.part].type == "text/calendar") continue;
    section.whole += part.source;
    ends.mark(section.whole.size());
  }
  ends.each(section.whole,
            [&section](std::string_view part) { cut_paragraphs(part, section.chunks); });
}

void make_uris(std::vector<std::string_view> uris, Section& section) {
  PieceEnds ends;
  std::sort(uris.begin(), uris.end());
  uris.erase(std::unique(uris.begin(), uris.end()), uris.end());
  for (const std::string_view uri : uris) {
    section.whole += uri;
    ends.mark(section.whole.size());
  }
  ends.each(section.whole, [&section](std::string_view uri) { section.chunks.push_back(uri); });
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

}  // namespace postern
