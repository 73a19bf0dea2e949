// ReadAhead: messages that a session has read before they were asked for, in order.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "base/octets.h"

namespace postern {

class ReadAhead {
 public:
  // Instead of what there was: messages from that index on, perhaps none.
  void hold(std::size_t from, std::vector<Octets> messages);
  // The message of that index, if it is there; it and those before it are not any more.
  std::optional<Octets> take(std::size_t index);
  // The index behind the last of them, or behind the last message that was read.
  std::size_t next() const { return from_ + messages_.size(); }

 private:
  std::size_t from_ = std::numeric_limits<std::size_t>::max();  // nothing was read yet
  std::size_t taken_ = 0;
  std::vector<Octets> messages_;
};

}  // namespace postern
