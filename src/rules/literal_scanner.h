// LiteralScanner: which of many short strings occur in a text, whatever the case of ASCII letters,
// in one pass (Aho and Corasick 1975, with all transitions spelled out over classes of octets).
//
// Thread rule: const after construction.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

class LiteralScanner {
 public:
  using State = std::uint32_t;

  // What a scan finds, and what it needs to remember meanwhile. Of one scanner; to be reused.
  class Found {
   public:
    explicit Found(const LiteralScanner& scanner) : reported_(scanner.ends_here_.size(), false) {}
    // Each literal once, in no order.
    const std::vector<std::uint32_t>& literals() const { return literals_; }

   private:
    friend class LiteralScanner;
    std::vector<std::uint32_t> literals_;
    std::vector<State> states_;   // those set in reported_
    std::vector<bool> reported_;  // by state
  };

  // The literals are lower-case and not empty; a literal's index is its place here. Octets beyond
  // ASCII match themselves.
  explicit LiteralScanner(const std::vector<std::string>& literals);

  // Replaces what is in `found` by the literals that occur in `text`. Letters match in either
  // case, and so do U+212A and U+017F, which Unicode folds to k and s.
  void scan(std::string_view text, Found& found) const;

 private:
  void build_trie(const std::vector<std::string>& literals);
  void link_suffixes();
  void mark_outputs();
  void scan_folded(std::string_view text, Found& found) const;

  // In next_, once complete: set where a literal ends in the state that is entered.
  static constexpr State output = 1u << 31;

  std::array<std::uint8_t, 256> class_of_{};  // 0: an octet of no literal
  std::size_t classes_ = 1;
  // While built, states by number; once complete, the offset of the state's row in next_, so that
  // an octet of text costs one access that depends on the one before.
  std::vector<State> next_;
  std::vector<std::int32_t> ends_here_;  // a literal that ends in this state, or -1
  std::vector<State> shorter_;           // the longest suffix state in which a literal ends, or 0
};

}  // namespace postern
