#include "filter/labeler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/ascii.h"

namespace postern {
namespace {

constexpr std::size_t line_limit = 77;    // octets of a line without CRLF
constexpr std::size_t tests_limit = 200;  // octets of the test list, folds not counted
constexpr std::size_t level_limit = 50;
constexpr std::string_view verdict_field = "X-Postern-Verdict";

// What SpamAssassin's readers take for the truth; these are ours, and a sender's copy is forged.
constexpr std::array<std::string_view, 4> status_fields{"X-Spam-Status", "X-Spam-Flag",
                                                        "X-Spam-Level", "X-Spam-Score"};

struct Renaming {
  std::string_view ours;
  std::string_view foreign;  // of the same length
};
constexpr Renaming spam_renaming{"X-Spam-", "X-Orig-"};
constexpr Renaming postern_renaming{"X-Postern-", "X-Foreign-"};
static_assert(spam_renaming.ours.size() == spam_renaming.foreign.size());
static_assert(postern_renaming.ours.size() == postern_renaming.foreign.size());

// A header field with its folded lines, by offsets into the message.
struct FieldSpan {
  std::size_t from = 0;
  std::size_t name_size = 0;  // 0: no field
  std::size_t to = 0;         // after its last line end
};

// Calls `visit(FieldSpan)` for each field of the message's header; stops when it returns false.
// Lines that are no field are passed over. Returns the end of the header.
template <class Visit>
std::size_t for_each_field(std::string_view message, Visit visit) {
  std::size_t at = 0;
  FieldSpan field;
  while (at < message.size()) {
    const std::size_t newline = message.find('\n', at);
    const std::size_t next = newline == std::string_view::npos ? message.size() : newline + 1;
    const std::string_view line = message.substr(at, next - at);
    if (line == "\n" || line == "\r\n") break;
    const bool folded = line[0] == ' ' || line[0] == '\t';
    if (!folded) {
      if (field.name_size > 0 && !visit(field)) return at;
      const std::size_t colon = line.find(':');
      field = {at, colon == std::string_view::npos ? 0 : colon, next};
    } else {
      field.to = next;
    }
    at = next;
  }
  if (field.name_size > 0) visit(field);
  return at;
}

std::string_view name_of(std::string_view message, const FieldSpan& field) {
  return trimmed(message.substr(field.from, field.name_size));
}

bool is_status_field(std::string_view name) {
  return std::any_of(status_fields.begin(), status_fields.end(),
                     [&](std::string_view ours) { return equals_ignoring_case(name, ours); });
}

// The renaming that a field of that name needs on delivery, if any.
const Renaming* renaming_of(std::string_view name) {
  if (is_status_field(name)) return &spam_renaming;
  if (starts_with_ignoring_case(name, postern_renaming.ours)) return &postern_renaming;
  return nullptr;
}

// The renaming that gave a field of that name, if any.
const Renaming* renaming_back_of(std::string_view name) {
  if (starts_with_ignoring_case(name, postern_renaming.foreign)) return &postern_renaming;
  if (!starts_with_ignoring_case(name, spam_renaming.foreign)) return nullptr;
  const std::string_view rest = name.substr(spam_renaming.foreign.size());
  for (const std::string_view field : status_fields) {
    if (equals_ignoring_case(rest, field.substr(spam_renaming.ours.size()))) return &spam_renaming;
  }
  return nullptr;
}

// Writes `name` letter for letter over what stands at `at`, keeping each letter's case.
void overwrite_name(char* at, std::string_view name) {
  for (const char letter : name) {
    const bool upper = *at >= 'A' && *at <= 'Z';
    const char lower = ascii_lower(letter);
    *at++ = upper && lower >= 'a' && lower <= 'z' ? static_cast<char>(lower - 'a' + 'A') : lower;
  }
}

// Adds the names of the ledger, folded at commas, as many as fit into tests_limit.
void append_tests(std::string& block, std::size_t line_size,
                  const std::vector<LedgerEntry>& ledger) {
  std::size_t used = 0;
  for (const LedgerEntry& entry : ledger) {
    const std::size_t size = entry.name.size() + (used == 0 ? 0 : 1);
    if (entry.name.empty() || size > line_limit - 1 || used + size > tests_limit) continue;
    if (used > 0) {
      block += ',';
      ++line_size;
    }
    // One octet is kept free for the comma that may follow.
    if (line_size + entry.name.size() + 1 > line_limit) {
      block += "\r\n\t";
      line_size = 1;
    }
    block += entry.name;
    line_size += entry.name.size();
    used += size;
  }
  if (used == 0) block += "none";
}

// Brings the block, whose last line has `line_size` octets so far, to `width` octets exactly.
void append_padding(std::string& block, std::size_t line_size, std::size_t width) {
  std::size_t room = line_limit - line_size;
  while (true) {
    const std::size_t left = width - block.size() - 2;  // without the final CRLF
    if (left <= room) {
      block.append(left, '.');
      block += "\r\n";
      return;
    }
    // What comes after this line and its fold ("CRLF TAB") must hold at least one octet.
    const std::size_t fill = left - room < 4 ? left - 4 : room;
    block.append(fill, '.');
    block += "\r\n\t";
    room = line_limit - 1;
  }
}

// Where a block of ours stands in a header, if one does.
struct BlockSpan {
  std::size_t from = 0;
  std::size_t to = 0;
};

// Where a block that begins at `from` ends, by its width; `field_end` is where its last field
// does. The two differ when the message's own first line begins with white space and so looks like
// more of our field.
std::size_t end_of_block(std::string_view message, std::size_t from, std::size_t field_end) {
  std::size_t at = from;
  std::size_t wire_octets = 0;
  while (at < field_end && wire_octets < Labeler::width) {
    const std::size_t newline = message.find('\n', at);
    const std::size_t next = newline == std::string_view::npos ? message.size() : newline + 1;
    wire_octets += wire_size(message.substr(at, next - at));
    at = next;
  }
  // Of another width when a program has folded it anew.
  return wire_octets == Labeler::width ? at : field_end;
}

std::optional<BlockSpan> find_block(std::string_view message) {
  std::optional<BlockSpan> block;
  bool found = false;
  for_each_field(message, [&](const FieldSpan& field) {
    const std::string_view name = name_of(message, field);
    if (equals_ignoring_case(name, status_fields[0])) {
      block = BlockSpan{field.from, field.to};
    } else if (block && block->to == field.from) {
      if (is_status_field(name)) {
        block->to = field.to;
      } else if (equals_ignoring_case(name, verdict_field)) {
        block->to = end_of_block(message, block->from, field.to);
        found = true;
        return false;
      }
    }
    return true;
  });
  if (!found) return std::nullopt;
  return block;
}

// Says in the block that an empty line was added below it.
constexpr std::string_view separator_mark = "; end=added;";
constexpr std::size_t separator_size = 2;

bool is_empty_line(std::string_view line) { return line == "\n" || line == "\r\n"; }

bool continues_header(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = trimmed(line.substr(0, colon));
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// Where the header of a message ends that has no empty line; npos when it has one.
std::size_t find_missing_separator(std::string_view message) {
  std::optional<std::size_t> header_end;
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t next = std::min(message.find('\n', at), message.size() - 1) + 1;
    const std::string_view line = message.substr(at, next - at);
    if (is_empty_line(line)) return std::string_view::npos;
    // An mbox's separator, perhaps quoted, does not end the header that it stands above.
    const bool above = at == 0 && (line.starts_with("From ") || line.starts_with(">From "));
    if (!header_end && !above && !continues_header(line)) header_end = at;
    at = next;
  }
  return header_end.value_or(message.size());
}

void remove_first_empty_line(std::string& message) {
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t next = std::min(message.find('\n', at), message.size() - 1) + 1;
    if (is_empty_line(std::string_view(message).substr(at, next - at))) {
      message.erase(at, next - at);
      return;
    }
    at = next;
  }
}

// The block of `width` octets; with a separator the empty line that is to come counts as its own.
std::string make_block(const Verdict& verdict, std::string_view id, bool separated) {
  const bool spam = verdict.label == Label::spam;
  const std::string score = format_points(verdict.score);
  std::string block;
  block.reserve(Labeler::width);
  fmt::format_to(std::back_inserter(block),
                 "X-Spam-Status: {}, score={} required={}\r\n\ttests=", spam ? "Yes" : "No", score,
                 format_points(verdict.required));
  append_tests(block, std::string_view("\ttests=").size(), verdict.ledger);
  block += "\r\n\tversion=postern-1\r\n";
  if (spam) block += "X-Spam-Flag: YES\r\n";
  const auto stars = static_cast<std::size_t>(std::max(verdict.score / 1000, 0));
  fmt::format_to(std::back_inserter(block), "X-Spam-Level: {}\r\nX-Spam-Score: {}\r\n",
                 std::string(std::min(stars, level_limit), '*'), score);
  fmt::format_to(std::back_inserter(block), "{}: {}; p={:.4f}; basis={};\r\n", verdict_field,
                 to_string(verdict.label), verdict.probability(), to_hex(verdict.basis));
  const std::string last_line =
      fmt::format("\tid={}{} pad=", id.substr(0, 16), separated ? separator_mark : ";");
  block += last_line;
  append_padding(block, last_line.size(), Labeler::width - (separated ? separator_size : 0));
  return block;
}

}  // namespace

std::string Labeler::block(const Verdict& verdict, std::string_view id) {
  return make_block(verdict, id, false);
}

Octets Labeler::apply(const Blob& message, const Verdict& verdict, std::string_view id,
                      bool add_separator) {
  const std::string_view bytes = message.view();
  const std::size_t missing_at =
      add_separator ? find_missing_separator(bytes) : std::string_view::npos;
  const bool separated = missing_at != std::string_view::npos;
  Octets octets{make_block(verdict, id, separated), message, 0};
  std::vector<FieldSpan> forged;
  const auto note_forged = [&](const FieldSpan& field) {
    if (renaming_of(name_of(bytes, field)) != nullptr) forged.push_back(field);
    return true;
  };
  const std::size_t fields_end = for_each_field(bytes.substr(0, missing_at), note_forged);
  if (forged.empty() && !separated) return octets;

  const std::size_t at = octets.head.size();
  octets.body_from = separated ? missing_at : fields_end;
  octets.head.append(bytes.substr(0, octets.body_from));
  if (separated) {
    if (octets.head.back() != '\n') octets.head += "\r\n";
    octets.head += "\r\n";
  }
  for (const FieldSpan& field : forged) {
    overwrite_name(octets.head.data() + at + field.from,
                   renaming_of(name_of(bytes, field))->foreign);
  }
  return octets;
}

Blob Labeler::strip(const Blob& message) {
  const auto block = find_block(message.view());
  if (!block) return message;
  std::string original(message.view().substr(0, block->from));
  original.append(message.view().substr(block->to));
  const std::string_view ours = message.view().substr(block->from, block->to - block->from);
  if (ours.find(separator_mark) != std::string_view::npos) remove_first_empty_line(original);

  std::vector<FieldSpan> renamed;
  for_each_field(original, [&](const FieldSpan& field) {
    if (renaming_back_of(name_of(original, field)) != nullptr) renamed.push_back(field);
    return true;
  });
  for (const FieldSpan& field : renamed) {
    const Renaming* renaming = renaming_back_of(name_of(original, field));
    overwrite_name(original.data() + field.from, renaming->ours);
  }
  return Blob::own(std::move(original));
}

}  // namespace postern
