// ListTraces: what a mailing list added to a message on its way.
//
// They tell the list and not whether its members got spam: one who learns from somebody else's mail
// must not see them. (A user's own lessons may: there the list is a good sign, or a bad one.)
//
// Thread rule: a value; it views the Content, which must outlive it.
#pragma once

#include <cstdint>
#include <string_view>

#include "mail/content.h"

namespace postern {

class ListTraces {
 public:
  explicit ListTraces(const Content& content);

  // The text without the list's footer, which begins with a line of underscores.
  static std::string_view without_footer(std::string_view text);
  // "Ada via Some List": what a list makes of a sender whose domain forbids passing mail on
  // (DMARC, RFC 7960 section 4.1.3.1).
  static std::string_view without_name(std::string_view sender);

  // Is this part a footer, or the multipart/mixed that only holds the message and its footer?
  // `part` is an index into Content::parts; those from 64 on never are.
  bool added(std::size_t part) const { return part < 64 && (added_ >> part & 1) != 0; }
  // Parts that were added.
  std::size_t count() const;
  // Does the address stand in a footer?
  bool in_footer(const Link& link) const;

 private:
  std::uint64_t added_ = 0;  // a bit for each part
  std::string_view footer_;  // the first one, of bounded length
};

}  // namespace postern
