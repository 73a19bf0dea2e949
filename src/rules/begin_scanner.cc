#include "rules/begin_scanner.h"

#include <bit>
#include <numeric>
#include <utility>

namespace postern {

void BeginScanner::add(const BeginAutomaton::Octets& octets, Bits bit, ByOctet& to) {
  for (std::size_t octet = 0; octet < octets.size(); ++octet) {
    if (octets[octet]) to[octet] |= bit;
  }
}

BeginScanner::BeginScanner(std::vector<BeginAutomaton> automata)
    : automata_(std::move(automata)), blocks_((automata_.size() + block_size - 1) / block_size) {
  for (std::size_t i = 0; i < automata_.size(); ++i) {
    Block& block = blocks_[i / block_size];
    const Bits bit = Bits{1} << (i % block_size);
    block.all |= bit;
    add(automata_[i].in_front(), bit, block.in_front);
    const auto possible = automata_[i].possible(distances);
    for (std::size_t distance = 0; distance < distances; ++distance) {
      add(possible[distance], bit, block.allowed[distance]);
    }
  }
}

// One pass of a text for the expressions of one block.
class BeginScanner::BlockScan {
 public:
  BlockScan(const BeginScanner& scanner, std::size_t block, std::string_view text)
      : block_(scanner.blocks_[block]),
        automata_(scanner.automata_.data() + block * block_size),
        text_(text),
        most_steps_(usual_steps + steps_an_octet * text.size()),
        wanted_(block_.all) {}

  // Returns the expressions that may begin somewhere.
  Bits run() {
    const auto* const octets = reinterpret_cast<const unsigned char*>(text_.data());
    const auto& allowed = block_.allowed;
    const std::size_t whole = text_.size() < distances ? 0 : text_.size() - distances + 1;
    std::size_t in_front = BeginAutomaton::beyond_text;
    for (std::size_t at = 0; at < whole; ++at) {
      Bits possible = block_.in_front[in_front] & allowed[0][octets[at]] &
                      allowed[1][octets[at + 1]] & allowed[2][octets[at + 2]];
      in_front = octets[at];
      if (possible == 0) continue;
      possible &= allowed[3][octets[at + 3]] & allowed[4][octets[at + 4]] &
                  allowed[5][octets[at + 5]] & wanted_;
      if (possible != 0) try_all(possible, at);
    }
    for (std::size_t at = whole; at < text_.size(); ++at) {
      Bits possible = wanted_ & block_.in_front[in_front];
      in_front = octets[at];
      for (std::size_t i = 0; i < distances; ++i) {
        const std::size_t octet =
            at + i < text_.size() ? octets[at + i] : BeginAutomaton::beyond_text;
        possible &= allowed[i][octet];
      }
      try_all(possible, at);
    }
    return found_;
  }

  const TextSpan& begins(std::size_t bit) const { return begins_[bit]; }
  std::size_t steps() const {
    return std::accumulate(steps_.begin(), steps_.end(), std::size_t{0});
  }

 private:
  static constexpr std::size_t usual_steps = 256, steps_an_octet = 2;

  void try_all(Bits possible, std::size_t at) {
    for (Bits rest = possible; rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(rest));
      std::size_t& steps = steps_[bit];
      if (!automata_[bit].may_begin(text_, at, most_steps_, steps)) continue;
      const Bits mask = Bits{1} << bit;
      TextSpan& begins = begins_[bit];
      if ((found_ & mask) == 0) begins.begin = static_cast<std::uint32_t>(at);
      begins.end = static_cast<std::uint32_t>(at + 1);
      found_ |= mask;
      if (steps <= most_steps_) continue;
      begins.end = static_cast<std::uint32_t>(text_.size());
      wanted_ &= ~mask;
    }
  }

  const Block& block_;
  const BeginAutomaton* automata_;
  std::string_view text_;
  std::size_t most_steps_;
  Bits wanted_;
  Bits found_ = 0;
  std::array<TextSpan, block_size> begins_;      // of those found
  std::array<std::size_t, block_size> steps_{};  // of their automata
};

std::size_t BeginScanner::scan(std::string_view text, std::vector<Found>& found) const {
  std::size_t steps = 0;
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    BlockScan scan(*this, block, text);
    for (Bits rest = scan.run(); rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(rest));
      found.push_back({static_cast<std::uint32_t>(block * block_size + bit), scan.begins(bit)});
    }
    steps += scan.steps();
  }
  return steps;
}

}  // namespace postern
