#include "mail/content.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mail/address.h"
#include "mail/charset.h"
#include "mail/encoded_word.h"
#include "mail/header.h"
#include "mail/html.h"
#include "mail/line_ends.h"
#include "mail/links.h"
#include "mail/message_view.h"
#include "mail/transfer.h"
#include "mail/utf8.h"

namespace postern {
namespace {

// RFC 5322 section 3.6: what a message may have once.
constexpr std::array<std::string_view, 11> single_fields = {
    "date", "from",       "sender",      "reply-to",   "to",     "cc",
    "bcc",  "message-id", "in-reply-to", "references", "subject"};

bool is_text(const Part& part) {
  // A multipart that could not be taken apart is what a client shows as plain text.
  return part.type.starts_with("text/") || part.type.starts_with("multipart/");
}

}  // namespace

class ContentDecoder {
 public:
  explicit ContentDecoder(Blob message) {
    content_.message = std::move(message);
    content_.arena_ = std::make_unique<Arena>();
  }

  Content run() {
    const std::string_view message = content_.message.view();
    arena().reserve(std::min(message.size() * 2, JudgementLimits::message) + 1024);
    const LfForm form = lf_form(message, JudgementLimits::message, arena(), content_.defects);
    content_.judged_octets = form.text.size();
    if (form.cut) content_.defects.add(Defect::truncated);

    MessageView view = MessageView::parse(form.text, arena());
    content_.defects.add(view.defects);
    content_.parts = std::move(view.parts);
    read_fields(content_.parts.front().header);
    for (std::size_t i = 0; i < content_.parts.size(); ++i) {
      if (view.leaf[i]) read_leaf(static_cast<std::uint32_t>(i), view.bodies[i]);
    }
    return std::move(content_);
  }

 private:
  Arena& arena() { return *content_.arena_; }

  void read_fields(std::string_view header) {
    if (!is_ascii(header)) content_.defects.add(Defect::eight_bit_header);
    content_.fields.reserve(48);
    std::array<bool, single_fields.size()> seen{};
    HeaderReader reader(header, content_.defects);
    RawField raw;
    while (reader.next(raw)) {
      if (content_.fields.size() == JudgementLimits::fields) {
        content_.defects.add(Defect::truncated);
        break;
      }
      HeaderField field;
      field.name = raw.name;
      field.raw = raw.body;
      const std::string_view value = unfolded(raw.body, arena());
      field.value = decode_encoded_words(value, arena(), content_.defects);
      content_.fields.push_back(field);
      note_duplicate(raw.name, seen);
      read_addresses(raw.name, value);
    }
    content_.subject = content_.value("subject");
  }

  void note_duplicate(std::string_view name, std::array<bool, single_fields.size()>& seen) {
    for (std::size_t i = 0; i < single_fields.size(); ++i) {
      if (!equals_ignoring_case(name, single_fields[i])) continue;
      if (seen[i]) content_.defects.add(Defect::duplicate_field);
      seen[i] = true;
      return;
    }
  }

  // From the value before decoding: a decoded name may look like structure.
  void read_addresses(std::string_view name, std::string_view value) {
    std::vector<Address>* const addresses = addresses_of(name);
    if (addresses != nullptr) append_addresses(value, arena(), *addresses, content_.defects);
  }

  std::vector<Address>* addresses_of(std::string_view name) {
    if (equals_ignoring_case(name, "from")) return &content_.from;
    if (equals_ignoring_case(name, "to")) return &content_.to;
    if (equals_ignoring_case(name, "cc")) return &content_.cc;
    if (equals_ignoring_case(name, "reply-to")) return &content_.reply_to;
    if (equals_ignoring_case(name, "sender")) return &content_.sender;
    return nullptr;
  }

  void read_leaf(std::uint32_t index, std::string_view body) {
    Part& part = content_.parts[index];
    if (is_text(part)) {
      read_text(index, body);
      return;
    }
    part.start =
        decode_transfer(body, part.encoding, JudgementLimits::part_start, arena(), content_.defects)
            .octets;
  }

  void read_text(std::uint32_t index, std::string_view body) {
    const Part& part = content_.parts[index];
    const std::size_t limit = JudgementLimits::texts - text_octets_;
    if (limit == 0) {
      if (!body.empty()) content_.defects.add(Defect::truncated);
      return;
    }
    const Decoded decoded = decode_transfer(body, part.encoding, limit, arena(), content_.defects);
    if (decoded.cut) content_.defects.add(Defect::truncated);
    std::string_view octets = decoded.octets;
    // The limit may have cut a character apart, which is no fault of the message.
    if (decoded.cut) octets = without_cut_character(octets);

    Text text;
    text.part = index;
    text.html = part.type == "text/html";
    text.source =
        text_with_lf(to_utf8(octets, part.charset, limit, arena(), content_.defects), arena());
    text_octets_ += text.source.size();
    if (text.html) {
      read_html_text(text);
    } else {
      text.visible = text.source;
      if (!append_text_links(text.visible, arena(), content_.links)) {
        content_.defects.add(Defect::truncated);
      }
    }
    content_.texts.push_back(text);
  }

  void read_html_text(Text& text) {
    const HtmlTexts texts = read_html(text.source, arena(), content_.links, content_.html);
    text.visible = texts.visible;
    text.hidden = texts.hidden;
    text.markup = texts.markup;
    if (texts.cut) content_.defects.add(Defect::truncated);
  }

  Content content_;
  std::size_t text_octets_ = 0;  // of all texts so far
};

Content Content::decode(Blob message) { return ContentDecoder(std::move(message)).run(); }

const HeaderField* Content::field(std::string_view name) const {
  for (const HeaderField& candidate : fields) {
    if (equals_ignoring_case(candidate.name, name)) return &candidate;
  }
  return nullptr;
}

std::string_view Content::value(std::string_view name) const {
  const HeaderField* const found = field(name);
  return found == nullptr ? std::string_view() : found->value;
}

}  // namespace postern
