// RuneSet: the characters that one place of a regular expression may take, and which octets they
// are in UTF-8 or Latin-1.
#pragma once

#include <bitset>
#include <cstdint>
#include <utility>
#include <vector>

namespace postern {

class RuneSet {
 public:
  static constexpr char32_t last = 0x10ffff;
  using Range = std::pair<char32_t, char32_t>;

  void add(char32_t first, char32_t end) { ranges_.push_back({first, end}); }  // both included
  void add(const RuneSet& other);
  void add_all() { add(0, last); }
  // Adds what the case of letters makes equal, and possibly more.
  void fold();
  // The same where characters are single octets.
  void fold_latin1();
  // All others.
  RuneSet complement() const;

  // In the encoding of UTF-8: of characters of `octets` octets, 1 to 4, the first octet. In UTF-8
  // all further ones are 0x80 to 0xbf.
  std::bitset<256> leads(int octets) const;
  std::bitset<256> latin1() const;

 private:
  std::vector<Range> ranges_;  // in no order
};

}  // namespace postern
