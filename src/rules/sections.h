// The texts that rules look at, made from Content as Mail::SpamAssassin::Conf describes them.
//
// body: the subject, then the text of each text part, HTML rendered; paragraphs are lines, and
// other white space is one space. rawbody: the decoded source of each text part, markup included.
// uri: each link. full: the message as it came, with LF line ends.
// Body and rawbody come in chunks of at most 2 and 4 kB, which bounds what ".*" can span.
//
// Ownership: views into the Section's own string; a Section cannot be copied or moved.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/content.h"

namespace postern {

struct Section {
  Section() = default;
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  std::string whole;
  std::vector<std::string_view> chunks;  // parts of `whole`
  std::size_t subject_chunks = 0;        // of a body: how many of them are the subject
};

// Length of the white space character at text[at], 0 when it is none. Unicode's spaces count.
std::size_t space_length(std::string_view text, std::size_t at);

// `subject` with its line end; `texts` are what the text parts say, in order.
void make_body(std::string_view subject, const std::vector<std::string_view>& texts,
               Section& section);
void make_rawbody(const Content& content, Section& section);
// Each address once.
void make_uris(std::vector<std::string_view> uris, Section& section);
void make_full(const Content& content, Section& section);

}  // namespace postern
