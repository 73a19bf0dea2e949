// LiteralScanner: which of many short ASCII strings occur in a text, whatever the case, in one
// pass (Aho and Corasick 1975, with all transitions spelled out over classes of octets).
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
  // The literals are lower-case ASCII and not empty; a literal's index is its place here.
  explicit LiteralScanner(const std::vector<std::string>& literals);

  // Sets found[i] for every literal i that occurs in `text`; leaves the others as they are.
  // Letters match in either case, and so do U+212A and U+017F, which Unicode folds to k and s.
  void scan(std::string_view text, std::vector<bool>& found) const;

 private:
  using State = std::uint32_t;
  void build_trie(const std::vector<std::string>& literals);
  void link_suffixes();
  void mark_outputs();

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
