// The texts that rules look at, made from Content as Mail::SpamAssassin::Conf describes them.
//
// body: the subject, then the visible text of each text part; paragraphs are lines, and other
// white space is one space. rawbody: the decoded source of each text part, markup included.
// uri: each link. full: the message as it came, with LF line ends.
// Body and rawbody come in chunks of at most 2 and 4 kB, which bounds what ".*" can span.
//
// Ownership: views into the Section's own string; a Section cannot be copied or moved.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/content.h"
#include "rules/rule_definition.h"

namespace postern {

struct Section {
  Section() = default;
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  std::string whole;
  std::vector<std::string_view> chunks;  // parts of `whole`
};

void make_body(const Content& content, Section& section);
void make_rawbody(const Content& content, Section& section);
void make_uris(const Content& content, Section& section);
void make_full(const Content& content, Section& section);

// The text of the fields that `selector` names, several on lines of their own. False when the
// message has none of them.
bool make_header(const Content& content, const HeaderSelector& selector, std::string& text);

}  // namespace postern
