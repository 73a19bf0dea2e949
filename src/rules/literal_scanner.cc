#include "rules/literal_scanner.h"

#include <algorithm>
#include <bit>

#include "base/ascii.h"
#include "rules/usual_text.h"

namespace postern {

namespace {

constexpr std::string_view kelvin_sign = "\xe2\x84\xaa";
constexpr std::string_view long_s = "\xc5\xbf";

// The text with the two characters outside ASCII that fold into ASCII replaced. Rare, so a copy.
std::string with_folded(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, kelvin_sign.size()) == kelvin_sign) {
      folded += 'k';
      i += kelvin_sign.size() - 1;
    } else if (text.substr(i, long_s.size()) == long_s) {
      folded += 's';
      i += long_s.size() - 1;
    } else {
      folded += text[i];
    }
  }
  return folded;
}

// Octets from the most frequent in mail to the least; those that are missing are rarer still.
constexpr std::string_view by_frequency = " etaoinsrhldcumfpgwyb<>=/.\"-v01:2;3kxjqz";

std::size_t frequency(char octet) {
  const std::size_t rank = by_frequency.find(octet);
  return rank == std::string_view::npos ? 0 : by_frequency.size() - rank;
}

// How much more often than others the octets stand in mail.
std::size_t commonness(std::string_view octets) {
  std::size_t sum = 0;
  for (const char octet : octets) sum += frequency(octet);
  const bool usual = usual_text().find(octets) != std::string_view::npos;
  return sum + (usual ? by_frequency.size() * octets.size() : 0);
}

constexpr std::size_t key_length = 3;

// The octets as a number; pairs are told from triples by their length.
std::uint32_t key_of(std::string_view octets) {
  std::uint32_t key = 0;
  for (const char octet : octets) key = key << 8 | static_cast<unsigned char>(octet);
  return key | static_cast<std::uint32_t>(octets.size()) << 24;
}

std::uint32_t hash(std::uint32_t key) { return key * 0x9e3779b1u; }

// By the upper bits, which all octets have a part in.
std::uint32_t triple_bit(std::uint32_t triple) { return (triple * 0x9e3779b1u) >> 16; }

template <typename Bits>
bool is_set(const Bits& bits, std::uint32_t at) {
  return (bits[at / 64] >> (at % 64) & 1) != 0;
}

}  // namespace

LiteralScanner::LiteralScanner(std::vector<std::string> literals) : literals_(std::move(literals)) {
  for (std::size_t octet = 0; octet < lower_.size(); ++octet) {
    lower_[octet] = static_cast<unsigned char>(ascii_lower(static_cast<char>(octet)));
  }
  for (std::uint32_t i = 0; i < literals_.size(); ++i) {
    const std::string_view literal = literals_[i];
    const std::size_t length = std::min(literal.size(), key_length);
    std::size_t best = 0;
    for (std::size_t at = 1; at + length <= literal.size(); ++at) {
      if (commonness(literal.substr(at, length)) < commonness(literal.substr(best, length))) {
        best = at;
      }
    }
    anchored_.push_back(
        {key_of(literal.substr(best, length)), i, static_cast<std::uint32_t>(best + length)});
  }
  std::sort(anchored_.begin(), anchored_.end(),
            [](const Anchored& a, const Anchored& b) { return a.key < b.key; });
  add_to_filters();
  fill_buckets();
}

void LiteralScanner::add_to_filters() {
  for (const Anchored& anchored : anchored_) {
    const std::uint32_t octets = anchored.key & 0xffffff;
    const bool pair = anchored.key >> 24 < key_length;
    const std::uint32_t bit = pair ? octets : triple_bit(octets);
    (pair ? pairs_ : triples_)[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

void LiteralScanner::fill_buckets() {
  buckets_.resize(std::bit_ceil(2 * anchored_.size() + 1));
  for (std::uint32_t i = 0; i < anchored_.size(); ++i) {
    const std::uint32_t key = anchored_[i].key;
    std::size_t at = hash(key) & (buckets_.size() - 1);
    while (buckets_[at].count != 0 && buckets_[at].key != key)
      at = (at + 1) & (buckets_.size() - 1);
    if (buckets_[at].count++ == 0) {
      buckets_[at].key = key;
      buckets_[at].first = i;
    }
  }
}

void LiteralScanner::scan(std::string_view text, Found& found) const {
  for (const std::uint32_t literal : found.literals_) found.places_[literal] = {};
  found.literals_.clear();
  scan_folded(text, found);
  if (text.find(kelvin_sign) != std::string_view::npos ||
      text.find(long_s) != std::string_view::npos) {
    scan_folded(with_folded(text), found);
    // The places are those in another text.
    for (const std::uint32_t literal : found.literals_) {
      found.places_[literal] = {0, static_cast<std::uint32_t>(text.size())};
    }
  }
}

void LiteralScanner::scan_folded(std::string_view text, Found& found) const {
  std::uint32_t last = 0;  // four octets of the text
  for (std::size_t i = 0; i < text.size(); ++i) {
    last = last << 8 | lower_[static_cast<unsigned char>(text[i])];
    const std::uint32_t pair = last & 0xffff;
    const std::uint32_t triple = last & 0xffffff;
    if (is_set(pairs_, pair) && i >= 1) report(pair | 2u << 24, text, i + 1, found);
    if (is_set(triples_, triple_bit(triple)) && i >= 2)
      report(triple | 3u << 24, text, i + 1, found);
  }
}

// Of the literals of a key, those that stand around the text before `end`.
void LiteralScanner::report(std::uint32_t key, std::string_view text, std::size_t end,
                            Found& found) const {
  std::size_t at = hash(key) & (buckets_.size() - 1);
  while (buckets_[at].count != 0 && buckets_[at].key != key) at = (at + 1) & (buckets_.size() - 1);
  const Bucket& bucket = buckets_[at];
  for (std::uint32_t i = bucket.first; i < bucket.first + bucket.count; ++i) {
    const Anchored& anchored = anchored_[i];
    if (end < anchored.end) continue;
    const std::string_view literal = literals_[anchored.literal];
    if (!stands_at(literal, text, end - anchored.end)) continue;
    const auto begin = static_cast<std::uint32_t>(end - anchored.end);
    TextSpan& places = found.places_[anchored.literal];
    if (places.empty()) {
      found.literals_.push_back(anchored.literal);
      places.begin = begin;
    }
    places.end = begin + static_cast<std::uint32_t>(literal.size());
  }
}

bool LiteralScanner::stands_at(std::string_view literal, std::string_view text,
                               std::size_t at) const {
  if (text.size() - at < literal.size()) return false;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[at + i]);
    if (lower_[octet] != static_cast<unsigned char>(literal[i])) return false;
  }
  return true;
}

}  // namespace postern
