#include "classify/import_formats.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/crypto.h"

namespace postern {
namespace {

// More than any filter has counted; keeps sums from overflowing.
constexpr std::uint64_t most_count = 1u << 30;

std::optional<std::uint64_t> count_of(std::string_view digits) {
  const auto count = parse_decimal(trimmed(digits));
  if (!count) return std::nullopt;
  return std::min(*count, most_count);
}

Error not_understood(const std::string& name, std::size_t line, const std::string& what) {
  return Error(Errc::bad_data, name + ":" + std::to_string(line) + ": " + what);
}

// The last word of the line, taken off.
std::string_view take_last(std::string_view& line) {
  line = trimmed(line);
  const std::size_t space = line.find_last_of(" \t");
  const std::string_view word = line.substr(space == std::string_view::npos ? 0 : space + 1);
  line = space == std::string_view::npos ? std::string_view() : line.substr(0, space);
  return word;
}

// The next line, without its end.
std::string_view take_line(std::string_view& rest) {
  const std::size_t newline = rest.find('\n');
  std::string_view line = rest.substr(0, newline);
  rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

using Prefix = std::pair<std::string_view, std::string_view>;  // of a token -> name of the field

// What stands where: false for tokens that mark something that our words have no place for.
template <std::size_t N>
bool place(std::string_view token, const std::array<Prefix, N>& prefixes, ForeignWord& word) {
  for (const auto& [prefix, field] : prefixes) {
    if (!token.starts_with(prefix)) continue;
    word.field = field;
    word.word = token.substr(prefix.size());
    return !word.word.empty();
  }
  if (token.find(':') != std::string_view::npos) return false;
  word.field.clear();
  word.word = token;
  return !token.empty();
}

constexpr std::array<Prefix, 5> bogofilter_fields{{{"subj:", "subject"},
                                                   {"from:", "from"},
                                                   {"to:", "to"},
                                                   {"rtrn:", "return-path"},
                                                   {"rcvd:", "received"}}};
constexpr std::array<Prefix, 4> common_fields{
    {{"subject:", "subject"}, {"from:", "from"}, {"to:", "to"}, {"cc:", "cc"}}};

// A field of a CSV line (RFC 4180), taken off; nothing when a quotation mark is left open.
std::optional<std::string> take_csv(std::string_view& line) {
  std::string field;
  if (!line.starts_with('"')) {
    const std::size_t comma = line.find(',');
    field = line.substr(0, comma);
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
    return field;
  }
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      field += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      field += line[i++];
    } else {
      line.remove_prefix(std::min(line.size(), i + 2));
      return field;
    }
  }
  return std::nullopt;
}

bool is_word_octet(char c) {
  return is_ascii_alnum(c) || std::string_view(",@*!_'\"$.-").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view without_ends(std::string_view word) {
  constexpr std::string_view ends = "-'\".,";
  const std::size_t first = word.find_first_not_of(ends);
  if (first == std::string_view::npos) return {};
  return word.substr(first, word.find_last_not_of(ends) - first + 1);
}

}  // namespace

Result<ForeignWords> parse_bogofilter(std::string_view text, const std::string& name) {
  ForeignWords words;
  bool counted = false;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_line(text);
    if (trimmed(line).empty()) continue;
    take_last(line);  // the date
    const auto ham = count_of(take_last(line));
    const auto spam = count_of(take_last(line));
    const std::string_view token = trimmed(line);
    if (!ham || !spam || token.empty()) {
      return not_understood(name, number,
                            "expected 'TOKEN SPAM HAM DATE', as bogoutil -d prints it");
    }
    if (token == ".MSG_COUNT") {
      words.ham = *ham;
      words.spam = *spam;
      counted = true;
      continue;
    }
    ForeignWord word{{}, {}, *ham, *spam};
    if (!token.starts_with('.') && place(token, bogofilter_fields, word)) {
      words.words.push_back(std::move(word));
    }
  }
  if (!counted) {
    return Error(Errc::bad_data, name +
                                     " has no line .MSG_COUNT; dump the whole word list with "
                                     "bogoutil -d wordlist.db");
  }
  return words;
}

Result<ForeignWords> parse_spambayes(std::string_view text, const std::string& name) {
  ForeignWords words;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_line(text);
    if (number == 1) {
      const auto ham = count_of(take_csv(line).value_or(""));
      const auto spam = count_of(take_csv(line).value_or(""));
      if (!ham || !spam || !line.empty()) {
        return not_understood(name, 1, "expected 'HAM,SPAM', as sb_dbexpimp.py -e writes it");
      }
      words.ham = *ham;
      words.spam = *spam;
      continue;
    }
    if (line.empty()) continue;
    const auto token = take_csv(line);
    const auto ham = count_of(take_csv(line).value_or(""));
    const auto spam = count_of(take_csv(line).value_or(""));
    if (!token || !ham || !spam) return not_understood(name, number, "expected 'WORD,HAM,SPAM'");
    ForeignWord word{{}, {}, *ham, *spam};
    if (place(*token, common_fields, word)) words.words.push_back(std::move(word));
  }
  if (words.ham + words.spam == 0) {
    return Error(Errc::bad_data, name + " tells of no message that was taught");
  }
  return words;
}

void add_popfile_word(std::string_view token, std::uint64_t times, bool spam, ForeignWords& words) {
  ForeignWord word;
  if (!place(token, common_fields, word)) return;
  (spam ? word.spam : word.ham) = std::min(times, most_count);
  words.words.push_back(std::move(word));
}

Result<void> parse_popfile_table(std::string_view text, const std::string& name, bool spam,
                                 ForeignWords& words) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_line(text);
    if (number == 1) {
      if (line.starts_with("__CORPUS__ __VERSION__")) continue;
      return not_understood(name, 1, "expected '__CORPUS__ __VERSION__ 1', as POPFile writes it");
    }
    if (trimmed(line).empty()) continue;
    const auto times = count_of(take_last(line));
    const std::string_view token = trimmed(line);
    if (!times || token.empty()) return not_understood(name, number, "expected 'WORD COUNT'");
    add_popfile_word(token, *times, spam, words);
  }
  return {};
}

void estimate_messages(ForeignWords& words) {
  // A message has the commonest word of its class about once.
  for (const ForeignWord& word : words.words) {
    words.ham = std::max(words.ham, word.ham);
    words.spam = std::max(words.spam, word.spam);
  }
}

Result<SpamAssassinTokens> SpamAssassinTokens::parse(std::string_view text,
                                                     const std::string& name) {
  SpamAssassinTokens backup;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::vector<std::string_view> columns = split(take_line(text), '\t');
    if (number == 1 && (columns.size() < 2 || columns[0] != "v" || trimmed(columns[1]) != "3")) {
      return not_understood(name, 1, "expected 'v 3 db_version', as sa-learn --backup writes it");
    }
    if (columns.size() >= 3 && columns[0] == "v") {
      const auto count = count_of(columns[1]);
      if (!count) return not_understood(name, number, "expected a number");
      if (columns[2] == "num_spam") backup.found_.spam = *count;
      if (columns[2] == "num_nonspam") backup.found_.ham = *count;
    }
    if (columns[0] != "t") continue;
    const auto spam = columns.size() == 5 ? count_of(columns[1]) : std::nullopt;
    const auto ham = columns.size() == 5 ? count_of(columns[2]) : std::nullopt;
    if (!spam || !ham || columns[4].size() != 10) {
      return not_understood(name, number, "expected 't SPAM HAM TIME TOKEN', with tabs");
    }
    backup.tokens_[std::string(columns[4])] = {*ham, *spam, false};
  }
  if (backup.tokens_.empty()) return Error(Errc::bad_data, name + " holds no token");
  return backup;
}

void SpamAssassinTokens::take(std::string_view word, std::string_view in_subject) {
  const auto found = tokens_.find(to_hex(std::string_view(sha1(word)).substr(15)));
  if (found == tokens_.end() || found->second.taken) return;
  found->second.taken = true;
  const auto [ham, spam, taken] = found->second;
  found_.words.push_back({"", std::string(word), ham, spam});
  // SpamAssassin counts the subject among the text.
  if (!in_subject.empty()) found_.words.push_back({"subject", std::string(in_subject), ham, spam});
}

void SpamAssassinTokens::look_up_text(std::string_view text, bool subject) {
  while (!text.empty()) {
    const auto* const first = std::find_if(text.begin(), text.end(), is_word_octet);
    const auto* const last = std::find_if_not(first, text.end(), is_word_octet);
    const std::string_view word = without_ends({first, static_cast<std::size_t>(last - first)});
    text.remove_prefix(static_cast<std::size_t>(last - text.begin()));
    // Its tokens have three octets at least; lower-case forms of all words of texts are among them.
    if (word.size() >= 3) take(ascii_lowered(word), subject ? word : std::string_view());
  }
}

void SpamAssassinTokens::look_up(const Content& message) {
  look_up_text(message.subject, true);
  for (const Text& text : message.texts) look_up_text(text.visible, false);
}

}  // namespace postern
