// Arena: memory for the texts of one message, freed all at once.
//
// Octets are handed out of a few large blocks and never move, so views into them stay good until
// the Arena dies. Thread rule: one thread at a time.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/ascii.h"

namespace postern {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Makes the next block at least this large; worth it when the need can be guessed.
  void reserve(std::size_t octets) {
    if (octets > left()) add_block(octets);
  }

  char* allocate(std::size_t octets) {
    if (octets > left()) add_block(octets);
    char* const start = at_;
    at_ += octets;
    return start;
  }

  // Takes back the end of the latest allocation; no effect when another one came after it.
  void give_back(const char* allocation_end, char* used_end) {
    if (at_ == allocation_end) at_ = used_end;
  }

  std::string_view store(std::string_view text) {
    if (text.empty()) return {};
    char* const copy = allocate(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  // The text in lower-case ASCII: itself when it already is, else a copy.
  std::string_view lowered(std::string_view text) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::none_of(text.begin(), text.end(), is_upper)) return text;
    char* const copy = allocate(text.size());
    std::transform(text.begin(), text.end(), copy, ascii_lower);
    return {copy, text.size()};
  }

 private:
  static constexpr std::size_t smallest_block = 4 * 1024;
  static constexpr std::size_t largest_growth = 256 * 1024;

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  void add_block(std::size_t octets) {
    const std::size_t size = std::max(octets, next_block_);
    next_block_ = std::min(next_block_ * 2, largest_growth);
    // new char[] and not make_unique: the octets need no zeroing.
    blocks_.emplace_back(new char[size]);
    at_ = blocks_.back().get();
    end_ = at_ + size;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t next_block_ = smallest_block;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

// Writes one text of known largest size into an Arena; what is not used goes back.
class ArenaWriter {
 public:
  ArenaWriter(Arena& arena, std::size_t capacity)
      : arena_(arena), start_(arena.allocate(capacity)), at_(start_), limit_(start_ + capacity) {}
  ArenaWriter(const ArenaWriter&) = delete;
  ArenaWriter& operator=(const ArenaWriter&) = delete;
  ~ArenaWriter() { arena_.give_back(limit_, at_); }

  void push_back(char c) {
    assert(at_ < limit_);
    *at_++ = c;
  }
  void append(std::string_view text) {
    assert(text.size() <= room());
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  // For those who write through a pointer of their own.
  char* at() { return at_; }
  void advance_to(char* at) {
    assert(at >= at_ && at <= limit_);
    at_ = at;
  }

  std::size_t room() const { return static_cast<std::size_t>(limit_ - at_); }
  std::size_t size() const { return static_cast<std::size_t>(at_ - start_); }
  std::string_view view() const { return {start_, size()}; }

 private:
  Arena& arena_;
  char* const start_;
  char* at_;
  char* const limit_;
};

}  // namespace postern
