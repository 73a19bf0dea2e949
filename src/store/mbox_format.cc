#include "store/mbox_format.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ascii.h"
#include "base/crypto.h"

namespace postern {
namespace {

constexpr std::string_view from = "From ";
// No program writes a longer separator, and it bounds the work on a line.
constexpr std::size_t longest_separator = 998;
// Date, time zone and "remote from HOST".
constexpr std::size_t most_date_words = 12;

constexpr std::array<std::string_view, 7> weekdays = {"Mon", "Tue", "Wed", "Thu",
                                                      "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <std::size_t count>
bool is_one_of(std::string_view word, const std::array<std::string_view, count>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_number(std::string_view word, std::size_t least_digits, std::size_t most_digits) {
  return word.size() >= least_digits && word.size() <= most_digits &&
         std::all_of(word.begin(), word.end(), is_ascii_digit);
}

// h:mm or hh:mm, perhaps with seconds.
bool is_time(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos || !is_number(word.substr(0, colon), 1, 2)) return false;
  const std::string_view rest = word.substr(colon + 1);
  if (!is_number(rest.substr(0, 2), 2, 2)) return false;
  return rest.size() == 2 || (rest[2] == ':' && is_number(rest.substr(3), 2, 2));
}

// The last words of a line, first one last.
std::vector<std::string_view> last_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (words.size() < most_date_words) {
    while (!line.empty() && is_ascii_space(line.back())) line.remove_suffix(1);
    if (line.empty()) break;
    const auto space = line.find_last_of(" \t");
    const std::size_t start = space == std::string_view::npos ? 0 : space + 1;
    words.push_back(line.substr(start));
    line = line.substr(0, start);
  }
  return words;
}

// Takes the next line, its end included, off the front.
std::string_view take_line(std::string_view& text) {
  const auto newline = text.find('\n');
  const std::string_view line = text.substr(0, newline == text.npos ? text.npos : newline + 1);
  text.remove_prefix(line.size());
  return line;
}

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_empty_line(std::string_view line) { return line == "\n" || line == "\r\n"; }

bool is_quoted(std::string_view line) {
  if (!line.starts_with('>')) return false;
  const auto text = line.find_first_not_of('>');
  return text != std::string_view::npos && line.substr(text).starts_with(from);
}

// Fields that change while a message stays the same.
bool is_reader_note(std::string_view line) {
  const std::string_view name = trimmed(line.substr(0, line.find(':')));
  constexpr std::array<std::string_view, 8> notes = {"Status",         "X-Status",   "X-UID",
                                                     "X-IMAP",         "X-IMAPbase", "X-Keywords",
                                                     "Content-Length", "Lines"};
  return std::any_of(notes.begin(), notes.end(),
                     [&](std::string_view note) { return equals_ignoring_case(name, note); });
}

}  // namespace

bool is_mbox_separator(std::string_view line) {
  if (!line.starts_with(from) || line.size() > longest_separator) return false;
  bool month = false, day = false, time = false, year = false;
  for (std::string_view word : last_words(line.substr(from.size()))) {
    if (word.ends_with(',')) word.remove_suffix(1);
    if (is_one_of(word, weekdays)) return month && day && time && year;
    month |= is_one_of(word, months);
    day |= is_number(word, 1, 2);
    time |= is_time(word);
    year |= is_number(word, 4, 4);
  }
  return false;
}

std::vector<MboxSpan> split_mbox(std::string_view file) {
  std::vector<MboxSpan> spans;
  std::string_view left = file;
  std::size_t empty_from = 0;  // where the empty line before this one begins
  bool after_empty = true;     // the start of the file counts as one
  const auto close_at = [&](std::size_t offset) {
    if (spans.empty()) return;
    MboxSpan& last = spans.back();
    last.next = offset;
    last.end = after_empty && empty_from >= last.begin ? empty_from : offset;
  };
  while (!left.empty()) {
    const std::size_t offset = file.size() - left.size();
    const std::string_view line = take_line(left);
    // Nothing can stand before the first message, so there the bare word is enough.
    const bool separates = spans.empty() ? line.starts_with(from)
                                         : after_empty && is_mbox_separator(without_end(line));
    if (separates) {
      close_at(offset);
      const std::size_t start = spans.empty() ? 0 : offset;
      spans.push_back({start, offset + line.size(), 0, 0});
      after_empty = false;
      continue;
    }
    const bool empty = is_empty_line(line);
    if (spans.empty() && !empty) spans.push_back({0, 0, 0, 0});
    after_empty = empty;
    if (empty) empty_from = offset;
  }
  close_at(file.size());
  return spans;
}

std::size_t count_quoted_lines(std::string_view stored) {
  std::size_t count = 0;
  while (!stored.empty()) count += is_quoted(take_line(stored)) ? 1 : 0;
  return count;
}

std::string unquote_from_lines(std::string_view stored) {
  std::string text;
  text.reserve(stored.size());
  while (!stored.empty()) {
    std::string_view line = take_line(stored);
    if (is_quoted(line)) line.remove_prefix(1);
    text.append(line);
  }
  return text;
}

std::string mbox_digest(std::string_view stored) {
  Sha256 digest;
  bool in_note = false;
  while (!stored.empty()) {
    const std::string_view line = take_line(stored);
    if (is_empty_line(line)) break;
    const bool continued = line.starts_with(' ') || line.starts_with('\t');
    if (!continued) in_note = is_reader_note(line);
    if (!in_note) digest.update(line);
  }
  const auto last = stored.find_last_not_of("\r\n");
  digest.update("\n");
  digest.update(stored.substr(0, last == stored.npos ? 0 : last + 1));
  return to_hex(digest.finish());
}

bool is_internal_data(std::string_view stored) {
  bool marked = false, titled = false;
  while (!stored.empty()) {
    const std::string_view line = take_line(stored);
    if (is_empty_line(line)) break;
    marked |= starts_with_ignoring_case(line, "X-IMAP:");
    titled |= starts_with_ignoring_case(line, "Subject: DON'T DELETE THIS MESSAGE");
  }
  return marked && titled;
}

}  // namespace postern
