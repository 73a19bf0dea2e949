// What stands in a damaged lesson log: any octets in place of a compressed lesson yield a message
// or an error, never more than the limit, and what yields is learnt like any other.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "classify/condense.h"
#include "filter/learner.h"
#include "state/compression.h"

namespace {

using namespace postern;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  static Learner learner = Learner::empty(Background(), 64, 0);
  const auto lesson = decompress(octets, condensed_limit);
  if (lesson) {
    require(lesson->size() <= condensed_limit);
    learner.learn(Blob::copy(*lesson), size % 2 == 0 ? MailClass::ham : MailClass::spam);
  }
  const auto again = decompress(compress(octets), octets.size());
  require(again && *again == octets);
  return 0;
}
