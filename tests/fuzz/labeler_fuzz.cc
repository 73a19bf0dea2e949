// Labelling any octets: the size is as promised, everything below the label stays, strip() gives
// the message back, and lessons have an identity that neither label nor line ends change.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "filter/labeler.h"
#include "filter/learner.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool mentions(std::string_view text, std::string_view name) {
  return postern::find_ignoring_case(text, name) != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const Blob message = Blob::copy({reinterpret_cast<const char*>(data), size});
  Verdict verdict;
  verdict.label = static_cast<Label>(size % 4);
  verdict.score = static_cast<MilliPoints>(size * 7919 % 90'000) - 40'000;
  verdict.ledger = {{"RULE", 1000, ""}, {std::string(size % 100, 'N'), 1, ""}};

  const Octets labelled = Labeler::apply(message, verdict, "0123456789abcdef");
  require(wire_size(labelled) == wire_size(message.view()) + Labeler::width);
  const std::string all = labelled.head + std::string(labelled.tail());
  require(all.size() == size + Labeler::width);

  const Octets separated = Labeler::apply(message, verdict, "0123456789abcdef", true);
  require(wire_size(separated) == wire_size(labelled));
  const std::string with_end = separated.head + std::string(separated.tail());
  require(with_end.find("\r\n\r\n") != std::string::npos || mentions(with_end, "\n\n") ||
          mentions(with_end, "\n\r\n"));

  // A message that has our fields, or names that ours are renamed to, may come back otherwise.
  const std::string_view text = message.view();
  if (mentions(text, "x-orig-") || mentions(text, "x-foreign-") || mentions(text, "x-postern-")) {
    return 0;
  }
  const Blob stripped = Labeler::strip(Blob::copy(all));
  require(stripped.size() == size);
  require(mentions(text, "x-spam-") || stripped.view() == text);
  require(lesson_digest(Blob::copy(all)) == lesson_digest(stripped));
  return 0;
}
