#include "mail/date.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "base/ascii.h"
#include "mail/char_set.h"

namespace postern {
namespace {

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

struct NamedZone {
  std::string_view name;
  int hours;
};

// RFC 5322 section 4.3, and three that are still seen in Europe.
constexpr NamedZone zones[] = {{"ut", 0},   {"gmt", 0},  {"utc", 0},  {"z", 0},    {"est", -5},
                               {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6},
                               {"pst", -8}, {"pdt", -7}, {"cet", 1},  {"cest", 2}, {"bst", 1}};

constexpr CharSet word_ends(" \t\r\n,(");

// Words of a date one by one; comments, commas and white space between them are skipped.
class DateWords {
 public:
  explicit DateWords(std::string_view value) : in_(value) {}

  // Empty at the end.
  std::string_view next() {
    skip();
    const std::string_view word = in_.substr(0, word_ends.find(in_));
    in_.remove_prefix(word.size());
    return word;
  }

 private:
  void skip() {
    std::size_t depth = 0;
    while (!in_.empty()) {
      const char c = in_.front();
      if (c == '(') {
        ++depth;
      } else if (c == ')' && depth > 0) {
        --depth;
      } else if (depth == 0 && c != ',' && !is_ascii_space(c)) {
        return;
      }
      in_.remove_prefix(1);
    }
  }

  std::string_view in_;
};

struct DateFields {
  std::optional<unsigned> day, month;
  std::optional<int> year;
  std::optional<int> seconds;  // since midnight
  int zone_minutes = 0;
};

std::optional<unsigned> month_of(std::string_view word) {
  if (word.size() < 3) return std::nullopt;
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (starts_with_ignoring_case(word, months[i])) return static_cast<unsigned>(i + 1);
  }
  return std::nullopt;
}

// At most four digits.
std::optional<int> small_number(std::string_view digits) {
  const auto number = parse_decimal(digits);
  if (!number || *number > 9999) return std::nullopt;
  return static_cast<int>(*number);
}

// RFC 5322 section 4.3.
int full_year(std::string_view digits, int year) {
  if (digits.size() == 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits.size() == 3 ? 1900 + year : year;
}

void read_number(std::string_view digits, DateFields& date) {
  const auto number = small_number(digits);
  if (!number) return;
  if (!date.day && digits.size() <= 2) {
    date.day = static_cast<unsigned>(*number);
  } else if (!date.year && digits.size() >= 2) {
    date.year = full_year(digits, *number);
  }
}

// "9:05" or "09:05:30".
std::optional<int> read_time(std::string_view word) {
  std::array<int, 3> parts{};
  std::size_t count = 0;
  while (count < parts.size()) {
    const std::size_t colon = word.find_first_of(":.");
    const auto number = small_number(word.substr(0, colon));
    if (!number) return std::nullopt;
    parts[count++] = *number;
    if (colon == std::string_view::npos) break;
    word.remove_prefix(colon + 1);
  }
  if (count < 2 || parts[0] > 23 || parts[1] > 59 || parts[2] > 60) return std::nullopt;
  return parts[0] * 3600 + parts[1] * 60 + parts[2];
}

std::optional<int> read_zone(std::string_view word) {
  if (word.size() == 5 && (word[0] == '+' || word[0] == '-')) {
    const auto digits = small_number(word.substr(1));
    if (!digits) return std::nullopt;
    const int minutes = *digits / 100 * 60 + *digits % 100;
    return word[0] == '-' ? -minutes : minutes;
  }
  for (const auto& [name, hours] : zones) {
    if (equals_ignoring_case(word, name)) return hours * 60;
  }
  return std::nullopt;
}

void read_word(std::string_view word, DateFields& date) {
  if (word.find(':') != std::string_view::npos) {
    if (!date.seconds) date.seconds = read_time(word);
  } else if (const auto zone = read_zone(word); zone && date.seconds) {
    date.zone_minutes = *zone;
  } else if (!date.month && month_of(word)) {
    date.month = month_of(word);
  } else if (is_ascii_digit(word.front())) {
    read_number(word, date);
  }
}

}  // namespace

std::optional<UnixSeconds> parse_date(std::string_view value) {
  DateWords words(value);
  DateFields date;
  // A date has seven words; more than a few others and it is none.
  constexpr int most_words = 16;
  for (int i = 0; i < most_words; ++i) {
    const std::string_view word = words.next();
    if (word.empty()) break;
    const bool dashed =
        word.size() > 3 && is_ascii_digit(word.front()) && word.find('-') != std::string_view::npos;
    if (!dashed) {
      read_word(word, date);
      continue;
    }
    for (const std::string_view piece : split(word, '-')) {
      if (!piece.empty()) read_word(piece, date);
    }
  }
  if (!date.day || !date.month || !date.year) return std::nullopt;
  const std::chrono::year_month_day day{
      std::chrono::year(*date.year), std::chrono::month(*date.month), std::chrono::day(*date.day)};
  if (!day.ok()) return std::nullopt;
  return UnixSeconds(std::chrono::sys_days(day)) + std::chrono::seconds(date.seconds.value_or(0)) -
         std::chrono::minutes(date.zone_minutes);
}

}  // namespace postern
