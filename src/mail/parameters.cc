#include "mail/parameters.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "mail/char_set.h"
#include "mail/charset.h"
#include "mail/encoded_word.h"
#include "mail/transfer.h"

namespace postern {
namespace {

constexpr std::size_t most_segments = 64;

constexpr CharSet word_ends(" \t\n\r;(");
constexpr CharSet name_ends(" \t\n\r;=(");
constexpr CharSet parameter_ends(";");

constexpr std::uint64_t not_numbered = UINT64_MAX;

// One "name*2*=value" as it stands in the header.
struct Segment {
  std::string_view name;  // lower case, without section and "*"
  std::uint64_t section = not_numbered;
  bool extended = false;  // percent-encoded (RFC 2231 section 4)
  std::string_view octets;
  bool used = false;
};

class ParameterReader {
 public:
  ParameterReader(std::string_view value, Arena& arena) : in_(value), arena_(arena) {}

  std::string_view read_head() {
    skip_space_and_comments();
    return arena_.lowered(take_until(word_ends));
  }

  bool read_segment(Segment& segment) {
    while (true) {
      skip_space_and_comments();
      if (in_.empty()) return false;
      if (in_.front() == ';' || in_.front() == '=') {
        in_.remove_prefix(1);
        continue;
      }
      const std::string_view name = take_until(name_ends);
      skip_space_and_comments();
      if (in_.empty() || in_.front() != '=') continue;
      in_.remove_prefix(1);
      segment = Segment();
      read_name(arena_.lowered(name), segment);
      read_value(segment);
      return true;
    }
  }

 private:
  std::string_view take_until(const CharSet& stops) {
    const std::size_t end = stops.find(in_);
    const std::string_view taken = in_.substr(0, end);
    in_.remove_prefix(end);
    return taken;
  }

  // Comments nest (RFC 5322 section 3.2.2); a counter, so that depth costs nothing.
  void skip_space_and_comments() {
    std::size_t depth = 0;
    while (!in_.empty()) {
      const char c = in_.front();
      if (depth == 0 && c != '(' && !is_ascii_space(c)) return;
      if (c == '(') ++depth;
      if (c == ')') --depth;
      in_.remove_prefix(c == '\\' && in_.size() > 1 ? 2 : 1);
    }
  }

  // "title*1*": name, section, extended.
  static void read_name(std::string_view name, Segment& segment) {
    if (!name.empty() && name.back() == '*') {
      segment.extended = true;
      name.remove_suffix(1);
    }
    const std::size_t star = name.find('*');
    if (star != std::string_view::npos) {
      const auto section = parse_decimal(name.substr(star + 1));
      if (section) segment.section = *section;
      name = name.substr(0, star);
    }
    segment.name = name;
  }

  void read_value(Segment& segment) {
    while (!in_.empty() && is_ascii_space(in_.front())) in_.remove_prefix(1);
    if (!in_.empty() && in_.front() == '"') {
      segment.octets = read_quoted();
    } else if (segment.name == "name" || segment.name == "filename") {
      segment.octets = trimmed(take_until(parameter_ends));
    } else {
      segment.octets = take_until(word_ends);
    }
  }

  std::string_view read_quoted() {
    in_.remove_prefix(1);
    const std::size_t simple_end = in_.find_first_of("\"\\");
    if (simple_end != std::string_view::npos && in_[simple_end] == '"') {
      const std::string_view text = in_.substr(0, simple_end);
      in_.remove_prefix(simple_end + 1);
      return text;
    }
    ArenaWriter out(arena_, in_.size());
    while (!in_.empty() && in_.front() != '"') {
      if (in_.front() == '\\' && in_.size() > 1) in_.remove_prefix(1);
      out.push_back(in_.front());
      in_.remove_prefix(1);
    }
    if (!in_.empty()) in_.remove_prefix(1);
    return out.view();
  }

  std::string_view in_;
  Arena& arena_;
};

// "utf-8'en'text": takes charset and language off, returns the charset (RFC 2231 section 4).
std::string_view take_charset(std::string_view& octets) {
  const std::size_t first = octets.find('\'');
  if (first == std::string_view::npos) return {};
  const std::size_t second = octets.find('\'', first + 1);
  if (second == std::string_view::npos) return {};
  const std::string_view charset = octets.substr(0, first);
  octets.remove_prefix(second + 1);
  return charset;
}

void append_percent_decoded(std::string_view text, ArenaWriter& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
}

// Joins segments of one name, in order of section, into a parameter.
Parameter joined(const std::vector<Segment*>& segments, Arena& arena, Defects& defects) {
  std::size_t size = 0;
  bool extended = false;
  for (const Segment* segment : segments) {
    size += segment->octets.size();
    extended = extended || segment->extended;
  }
  Parameter parameter;
  parameter.name = segments.front()->name;
  parameter.extended = extended;
  std::string_view charset;
  if (segments.size() == 1 && !extended) {
    parameter.octets = segments.front()->octets;
  } else {
    ArenaWriter out(arena, size);
    for (const Segment* segment : segments) {
      std::string_view octets = segment->octets;
      if (segment->extended && segment == segments.front()) charset = take_charset(octets);
      if (segment->extended) {
        append_percent_decoded(octets, out);
      } else {
        out.append(octets);
      }
    }
    parameter.octets = out.view();
  }
  parameter.value = extended ? to_utf8(parameter.octets, arena.lowered(charset),
                                       std::string_view::npos, arena, defects)
                             : decode_encoded_words(parameter.octets, arena, defects);
  return parameter;
}

}  // namespace

const Parameter* ParameterList::find(std::string_view name) const {
  const Parameter* found = nullptr;
  for (const Parameter& parameter : parameters) {
    if (parameter.name != name) continue;
    if (parameter.extended) return &parameter;
    if (found == nullptr) found = &parameter;
  }
  return found;
}

ParameterList parse_parameters(std::string_view value, Arena& arena, Defects& defects) {
  ParameterList list;
  ParameterReader reader(value, arena);
  list.head = reader.read_head();
  std::vector<Segment> segments;
  Segment read;
  while (segments.size() < most_segments && reader.read_segment(read)) segments.push_back(read);

  std::vector<Segment*> same_name;
  for (Segment& first : segments) {
    if (first.used) continue;
    same_name.clear();
    // A plain parameter stands for itself; numbered ones belong together.
    for (Segment& other : segments) {
      const bool together =
          &other == &first || (first.section != not_numbered && other.section != not_numbered &&
                               other.name == first.name);
      if (!together || other.used) continue;
      other.used = true;
      same_name.push_back(&other);
    }
    std::stable_sort(same_name.begin(), same_name.end(),
                     [](const Segment* a, const Segment* b) { return a->section < b->section; });
    list.parameters.push_back(joined(same_name, arena, defects));
  }
  return list;
}

}  // namespace postern
