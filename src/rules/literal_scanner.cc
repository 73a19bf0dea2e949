#include "rules/literal_scanner.h"

#include "base/ascii.h"

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

}  // namespace

LiteralScanner::LiteralScanner(const std::vector<std::string>& literals) {
  for (const std::string& literal : literals) {
    for (const char c : literal) {
      std::uint8_t& entry = class_of_[static_cast<unsigned char>(c)];
      if (entry == 0) entry = static_cast<std::uint8_t>(classes_++);
    }
  }
  build_trie(literals);
  for (int c = 'A'; c <= 'Z'; ++c) {
    class_of_[static_cast<std::size_t>(c)] =
        class_of_[static_cast<unsigned char>(ascii_lower(static_cast<char>(c)))];
  }
  link_suffixes();
  mark_outputs();
}

void LiteralScanner::build_trie(const std::vector<std::string>& literals) {
  const auto add_state = [this] {
    next_.resize(next_.size() + classes_, 0);
    ends_here_.push_back(-1);
    shorter_.push_back(0);
    return static_cast<State>(ends_here_.size() - 1);
  };
  add_state();
  for (std::size_t i = 0; i < literals.size(); ++i) {
    State state = 0;
    for (const char c : literals[i]) {
      const std::size_t edge = state * classes_ + class_of_[static_cast<unsigned char>(c)];
      if (next_[edge] == 0) {
        const State added = add_state();
        next_[edge] = added;
      }
      state = next_[edge];
    }
    ends_here_[state] = static_cast<std::int32_t>(i);
  }
}

// Breadth first: a missing edge becomes that of the longest suffix, which is already complete.
void LiteralScanner::link_suffixes() {
  std::vector<State> suffix(ends_here_.size(), 0);
  std::vector<State> queue;
  for (std::size_t c = 0; c < classes_; ++c) {
    if (next_[c] != 0) queue.push_back(next_[c]);
  }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const State state = queue[i];
    const State parent = suffix[state];
    shorter_[state] = ends_here_[parent] >= 0 ? parent : shorter_[parent];
    for (std::size_t c = 0; c < classes_; ++c) {
      State& edge = next_[state * classes_ + c];
      if (edge == 0) {
        edge = next_[parent * classes_ + c];
      } else {
        suffix[edge] = next_[parent * classes_ + c];
        queue.push_back(edge);
      }
    }
  }
}

void LiteralScanner::mark_outputs() {
  for (State& edge : next_) {
    const bool ends = ends_here_[edge] >= 0 || shorter_[edge] != 0;
    edge = static_cast<State>(edge * classes_) | (ends ? output : 0);
  }
}

void LiteralScanner::scan(std::string_view text, Found& found) const {
  found.literals_.clear();
  scan_folded(text, found);
  if (text.find(kelvin_sign) != std::string_view::npos ||
      text.find(long_s) != std::string_view::npos) {
    scan_folded(with_folded(text), found);
  }
  for (const State state : found.states_) found.reported_[state] = false;
  found.states_.clear();
}

void LiteralScanner::scan_folded(std::string_view text, Found& found) const {
  State state = 0;
  for (const char c : text) {
    const State entered = next_[state + class_of_[static_cast<unsigned char>(c)]];
    state = entered & ~output;
    if (entered == state) continue;
    const auto number = static_cast<State>(state / classes_);
    // A state reports once a scan, so that a text full of hits costs no more than another.
    for (State end = ends_here_[number] >= 0 ? number : shorter_[number];
         end != 0 && !found.reported_[end]; end = shorter_[end]) {
      found.reported_[end] = true;
      found.states_.push_back(end);
      found.literals_.push_back(static_cast<std::uint32_t>(ends_here_[end]));
    }
  }
}

}  // namespace postern
