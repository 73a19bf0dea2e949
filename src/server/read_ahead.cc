#include "server/read_ahead.h"

#include <utility>

namespace postern {

void ReadAhead::hold(std::size_t from, std::vector<Octets> messages) {
  from_ = from;
  taken_ = 0;
  messages_ = std::move(messages);
}

std::optional<Octets> ReadAhead::take(std::size_t index) {
  if (index < from_ + taken_ || index >= next()) return std::nullopt;
  while (from_ + taken_ < index) messages_[taken_++] = Octets();
  Octets message = std::move(messages_[taken_++]);
  if (from_ + taken_ == next()) hold(next(), {});
  return message;
}

}  // namespace postern
