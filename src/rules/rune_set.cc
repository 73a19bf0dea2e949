#include "rules/rune_set.h"

#include <algorithm>
#include <array>

namespace postern {

namespace {

// The characters of one, two, three and four octets in UTF-8.
constexpr std::array<RuneSet::Range, 4> by_length{
    {{0, 0x7f}, {0x80, 0x7ff}, {0x800, 0xffff}, {0x10000, RuneSet::last}}};
constexpr std::array<unsigned, 4> lead_marks{0, 0xc0, 0xe0, 0xf0};

}  // namespace

void RuneSet::add(const RuneSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
}

// Beyond ASCII all are taken for each other. Of ASCII only k and s have a partner out there.
void RuneSet::fold() {
  constexpr char32_t kelvin_sign = 0x212a, long_s = 0x17f;
  const std::vector<Range> given = ranges_;
  bool beyond = false;
  for (const auto& [first, end] : given) {
    beyond = beyond || end > 0x7f;
    for (char32_t rune = first; rune <= std::min<char32_t>(end, 0x7f); ++rune) {
      const char32_t lower = rune | 0x20;
      if (lower < 'a' || lower > 'z') continue;
      add(lower, lower);
      add(lower & ~char32_t{0x20}, lower & ~char32_t{0x20});
      if (lower == 'k') add(kelvin_sign, kelvin_sign);
      if (lower == 's') add(long_s, long_s);
    }
  }
  if (!beyond) return;
  add(0x80, last);
  for (const char32_t rune : {U'k', U'K', U's', U'S'}) add(rune, rune);
}

void RuneSet::fold_latin1() {
  constexpr char32_t multiplication_sign = 0xd7;
  const std::vector<Range> given = ranges_;
  for (const auto& [first, end] : given) {
    for (char32_t rune = first; rune <= std::min<char32_t>(end, 0xff); ++rune) {
      const char32_t upper = rune & ~char32_t{0x20};
      const bool is_letter = (upper >= 'A' && upper <= 'Z') ||
                             (upper >= 0xc0 && upper <= 0xde && upper != multiplication_sign);
      if (is_letter) add(rune ^ 0x20, rune ^ 0x20);
    }
    // Of what is no octet only these have a partner that is one.
    if (end <= 0xff) continue;
    for (const char32_t rune :
         {U'k', U'K', U's', U'S', U'\u00b5', U'\u00df', U'\u00e5', U'\u00ff'}) {
      add(rune, rune);
    }
  }
}

RuneSet RuneSet::complement() const {
  std::vector<Range> sorted = ranges_;
  std::sort(sorted.begin(), sorted.end());
  RuneSet others;
  char32_t next = 0;
  for (const auto& [first, end] : sorted) {
    if (first > next) others.add(next, first - 1);
    if (end >= next) next = end + 1;
  }
  if (next <= last) others.add(next, last);
  return others;
}

std::bitset<256> RuneSet::leads(int octets) const {
  const auto index = static_cast<std::size_t>(octets - 1);
  const int shift = 6 * (octets - 1);
  std::bitset<256> leads;
  for (const auto& [first, end] : ranges_) {
    const char32_t from = std::max(first, by_length[index].first);
    const char32_t to = std::min(end, by_length[index].second);
    if (from > to) continue;
    for (char32_t lead = from >> shift; lead <= to >> shift; ++lead) {
      leads.set(lead_marks[index] | lead);
    }
  }
  return leads;
}

std::bitset<256> RuneSet::latin1() const {
  std::bitset<256> octets;
  for (const auto& [first, end] : ranges_) {
    for (char32_t rune = first; rune <= std::min<char32_t>(end, 0xff); ++rune) octets.set(rune);
  }
  return octets;
}

}  // namespace postern
