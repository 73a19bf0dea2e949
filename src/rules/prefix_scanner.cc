#include "rules/prefix_scanner.h"

#include <bit>

namespace postern {

namespace {

constexpr std::size_t width = 64;  // expressions a block

}  // namespace

PrefixScanner::PrefixScanner(const std::vector<RegexPrefix>& prefixes)
    : blocks_((prefixes.size() + width - 1) / width) {
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    Block& block = blocks_[i / width];
    const Bits bit = Bits{1} << (i % width);
    block.all |= bit;
    for (std::size_t distance = 0; distance < RegexPrefix::length; ++distance) {
      const RegexPrefix::Octets& octets = prefixes[i].octets[distance];
      for (std::size_t octet = 0; octet < octets.size(); ++octet) {
        if (octets[octet]) block.allowed[distance][octet] |= bit;
      }
    }
  }
}

PrefixScanner::Bits PrefixScanner::begin_in(const Block& block, std::string_view text,
                                            Begins& begins) {
  Bits found = 0;
  const auto add = [&](Bits possible, std::size_t at) {
    const auto place = static_cast<std::uint32_t>(at);
    for (Bits rest = possible; rest != 0; rest &= rest - 1) {
      TextSpan& span = begins[static_cast<std::size_t>(std::countr_zero(rest))];
      if ((found & rest & (~rest + 1)) == 0) span.begin = place;
      span.end = place + 1;
    }
    found |= possible;
  };
  const auto* const octets = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t whole =
      text.size() < RegexPrefix::length ? 0 : text.size() - RegexPrefix::length + 1;
  for (std::size_t at = 0; at < whole; ++at) {
    Bits possible = block.allowed[0][octets[at]] & block.allowed[1][octets[at + 1]];
    for (std::size_t i = 2; possible != 0 && i < RegexPrefix::length; ++i) {
      possible &= block.allowed[i][octets[at + i]];
    }
    add(possible, at);
  }
  for (std::size_t at = whole; at < text.size(); ++at) {
    Bits possible = block.all;
    for (std::size_t i = 0; possible != 0 && i < RegexPrefix::length; ++i) {
      const std::size_t octet = at + i < text.size() ? octets[at + i] : RegexPrefix::beyond_text;
      possible &= block.allowed[i][octet];
    }
    add(possible, at);
  }
  return found;
}

void PrefixScanner::scan(std::string_view text, std::vector<Found>& found) const {
  Begins begins;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    Bits rest = begin_in(blocks_[i], text, begins);
    for (; rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(rest));
      found.push_back({static_cast<std::uint32_t>(i * width) + bit, begins[bit]});
    }
  }
}

}  // namespace postern
