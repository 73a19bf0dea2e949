// Content::decode over any octets: bounds hold, texts are UTF-8, and LF and CRLF mean the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/content.h"
#include "mail/date.h"
#include "mail/utf8.h"
#include "unit/mail/mail_support.h"

namespace postern {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_bounds(const Content& content) {
  using Limits = JudgementLimits;
  require(content.judged_octets <= Limits::message);
  require(content.fields.size() <= Limits::fields);
  require(!content.parts.empty() && content.parts.size() <= Limits::parts);
  require(content.links.size() <= Limits::links);
  std::size_t octets = 0;
  for (const Text& text : content.texts) {
    octets += text.source.size();
    require(text.part < content.parts.size());
  }
  require(octets <= Limits::texts);
  for (std::size_t i = 0; i < content.parts.size(); ++i) {
    const Part& part = content.parts[i];
    require(part.depth <= Limits::depth && part.start.size() <= Limits::part_start);
    require(part.header.size() <= Limits::header && part.encoded_octets <= content.judged_octets);
    require(i == 0 ? part.parent == 0 : part.parent < i);
  }
}

void check_texts(const Content& content) {
  require(is_utf8(content.subject));
  for (const HeaderField& field : content.fields) {
    require(is_utf8(field.value) && field.value.find('\n') == std::string_view::npos);
  }
  for (const Address& address : content.from) {
    require(is_utf8(address.name) && is_utf8(address.mailbox));
  }
  for (const Part& part : content.parts) require(is_utf8(part.file_name));
  for (const Text& text : content.texts) {
    for (const std::string_view each : {text.source, text.visible, text.hidden, text.markup}) {
      require(is_utf8(each) && each.find('\r') == std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace postern

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const Content content = decode(message);
  check_bounds(content);
  check_texts(content);
  parse_date(content.value("date"));
  if (message.find('\r') == std::string_view::npos) {
    require(everything_in(decode(with_crlf(message))) == everything_in(content));
  }
  return 0;
}
