// LiteralScanner: which of many short strings occur in a text, whatever the case of ASCII letters,
// in one pass.
//
// Each string is known by the three octets in it that mail holds least often. A bit says for any
// three octets of the text whether they may be such; a table of a few kilobytes, so that text in
// which nothing is found costs no access beyond the processor's first cache. (After Wu and Manber,
// "A fast algorithm for multi-pattern searching", 1994, without its shifts, which short strings
// make short.) Time is linear in the text, times the length of the strings in the worst case.
//
// Thread rule: const after construction.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/text_span.h"

namespace postern {

class LiteralScanner {
 public:
  // What a scan finds, and what it needs to remember meanwhile. Of one scanner; to be reused.
  class Found {
   public:
    explicit Found(const LiteralScanner& scanner) : places_(scanner.literals_.size()) {}
    // Each literal once, in no order.
    const std::vector<std::uint32_t>& literals() const { return literals_; }
    // From the first octet of the first place where a literal that was found stands, to behind the
    // last one's last octet.
    const TextSpan& places(std::uint32_t literal) const { return places_[literal]; }

   private:
    friend class LiteralScanner;
    std::vector<std::uint32_t> literals_;
    std::vector<TextSpan> places_;  // by literal; empty: not found
  };

  // The literals are lower-case, and of two octets at least; a literal's index is its place here.
  // Octets beyond ASCII match themselves.
  explicit LiteralScanner(std::vector<std::string> literals);

  // Replaces what is in `found` by the literals that occur in `text`. Letters match in either
  // case, and so do U+212A and U+017F, which Unicode folds to k and s.
  void scan(std::string_view text, Found& found) const;

 private:
  // A literal, and where in it the octets stand that it is known by.
  struct Anchored {
    std::uint32_t key = 0;
    std::uint32_t literal = 0;
    std::uint32_t end = 0;  // offset behind them
  };
  struct Bucket {
    std::uint32_t key = 0;
    std::uint32_t first = 0;  // in anchored_
    std::uint32_t count = 0;  // 0: an empty bucket
  };
  static constexpr std::size_t filter_bits = 1 << 16;
  using Filter = std::array<std::uint64_t, filter_bits / 64>;

  void add_to_filters();
  void fill_buckets();
  void scan_folded(std::string_view text, Found& found) const;
  void report(std::uint32_t key, std::string_view text, std::size_t end, Found& found) const;
  bool stands_at(std::string_view literal, std::string_view text, std::size_t at) const;

  std::vector<std::string> literals_;
  std::vector<Anchored> anchored_;  // by key
  std::vector<Bucket> buckets_;     // a hash table, open addressing
  Filter triples_{};                // by hash of three octets
  Filter pairs_{};                  // by two octets, for literals that have no more
  std::array<std::uint8_t, 256> lower_{};
};

}  // namespace postern
