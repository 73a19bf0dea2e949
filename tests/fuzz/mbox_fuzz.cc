// Splits arbitrary bytes into messages: every octet belongs to exactly one span, and taking
// messages out leaves the others as they were.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/octets.h"
#include "store/mbox_format.h"
#include "store/mbox_journal.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_spans(std::string_view file, const std::vector<postern::MboxSpan>& spans) {
  if (spans.empty()) {
    require(file.find_first_not_of("\r\n") == std::string_view::npos);
    return;
  }
  std::size_t at = 0;
  for (const postern::MboxSpan& span : spans) {
    require(span.from == at && span.from <= span.begin && span.begin <= span.end &&
            span.end <= span.next);
    const std::string_view after = file.substr(span.end, span.next - span.end);
    require(after.empty() || after == "\n" || after == "\r\n");
    at = span.next;
  }
  require(at == file.size());
}

void check_message(std::string_view stored) {
  const std::string text = postern::unquote_from_lines(stored);
  require(text.size() + postern::count_quoted_lines(stored) == stored.size());
  require(postern::wire_size(text) ==
          postern::wire_size(stored) - postern::count_quoted_lines(stored));
  require(postern::mbox_digest(stored).size() == 64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto spans = postern::split_mbox(file);
  check_spans(file, spans);
  for (const auto& span : spans) check_message(span.content(file));

  std::vector<postern::MboxSpan> removed;
  for (std::size_t i = 1; i < spans.size(); i += 2) removed.push_back(spans[i]);
  if (!removed.empty()) {
    const auto rewrite = postern::rewrite_without(file, removed);
    const std::string after = std::string(file.substr(0, rewrite.first)) + rewrite.tail;
    const auto kept = postern::split_mbox(after);
    require(kept.size() == (spans.size() + 1) / 2);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      require(kept[i].content(after) == spans[2 * i].content(file));
    }
    const auto journal = postern::decode_journal(postern::encode_journal(rewrite));
    require(journal && journal->tail == rewrite.tail && journal->rest_hash == rewrite.rest_hash);
  }
  (void)postern::decode_journal(file);
  return 0;
}
