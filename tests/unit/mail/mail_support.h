// What the tests and fuzz targets of mail share.
#pragma once

#include <string>
#include <string_view>

#include "mail/content.h"

namespace postern {

inline Content decode(std::string_view message) { return Content::decode(Blob::copy(message)); }

// The same message with CRLF line ends.
inline std::string with_crlf(std::string_view lf) {
  std::string crlf;
  for (const char c : lf) {
    if (c == '\n') crlf.push_back('\r');
    crlf.push_back(c);
  }
  return crlf;
}

// Everything that a Content says, so that two can be compared; lengths keep pieces apart.
class ContentText {
 public:
  explicit ContentText(const Content& content) {
    add(content.judged_octets);
    add(to_string(content.defects));
    for (const auto& field : content.fields) add_all(field.name, field.raw, field.value);
    for (const auto* list :
         {&content.from, &content.to, &content.cc, &content.reply_to, &content.sender}) {
      add(list->size());
      for (const auto& a : *list) add_all(a.name, a.mailbox, a.domain);
    }
    add(content.subject);
    for (const auto& p : content.parts) {
      add_all(p.type, p.charset, p.encoding, p.disposition, p.file_name, p.header, p.start,
              p.encoded_octets, p.parent, p.depth);
    }
    for (const auto& t : content.texts) add_all(t.part, t.source, t.visible, t.hidden, t.markup);
    for (const auto& l : content.links) {
      add_all(l.url, l.host, l.shown, l.shown_host, static_cast<std::uint64_t>(l.kind));
    }
    const HtmlShape& shape = content.html;
    add_all(shape.tags, shape.anchors, shape.images, shape.forms, shape.scripts, shape.styles,
            shape.tables, shape.comments, shape.visible_octets, shape.hidden_octets,
            shape.markup_octets);
  }
  const std::string& text() const { return text_; }

 private:
  void add(std::string_view piece) {
    add(piece.size());
    text_.append(piece).push_back('\n');
  }
  void add(std::uint64_t number) { text_.append(std::to_string(number)).push_back(' '); }
  template <class... Pieces>
  void add_all(const Pieces&... pieces) {
    (add(pieces), ...);
  }

  std::string text_;
};

inline std::string everything_in(const Content& content) { return ContentText(content).text(); }

}  // namespace postern
