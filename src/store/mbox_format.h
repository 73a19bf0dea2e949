// The mbox format, as bytes: where messages begin and end, quoting, and what identifies one.
//
// The format is RFC 4155's "default" with mboxrd quoting. A message begins at a separator: a line
// `From sender date` at the start of the file or after an empty line. The empty line before the
// next separator, or at the end of the file, belongs to no message.
//
// QUIRK: writers differ in the date, so a separator needs only, near its end and in any order
// after the day of the week: a month, a day, hh:mm and a year of four digits. Other lines that
// begin with "From " are text, even after an empty line. Content-Length is not trusted: it is
// wrong as soon as anything edits the file.
//
// Thread rule: free functions. Linear in the bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

// One message of a file, by offsets. [from, begin) is the separator, [begin, end) the message as
// stored, [end, next) the empty line after it, if any.
struct MboxSpan {
  std::size_t from = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t next = 0;

  std::string_view content(std::string_view file) const { return file.substr(begin, end - begin); }
};

// The messages of a file: each octet is in exactly one of them, and the spans follow each other
// from the first octet to the last. Bytes before the first separator are a message whose separator
// is empty, unless they are empty lines, which are counted to the separator that follows. A file
// of nothing but empty lines has no messages.
std::vector<MboxSpan> split_mbox(std::string_view file);

// True when the line, given without its end, can separate messages.
bool is_mbox_separator(std::string_view line);

// Lines that are quoted: one or more '>' and "From ".
std::size_t count_quoted_lines(std::string_view stored);
// The message as it was before it was stored: one '>' less on each quoted line (mboxrd).
std::string unquote_from_lines(std::string_view stored);

// 64 hexadecimal digits that identify the message of a span: SHA-256 of the stored bytes without
// the fields in which mail readers keep their notes (Status, X-Status, X-UID, X-IMAP, X-IMAPbase,
// X-Keywords, Content-Length, Lines) and without line ends after the last line.
std::string mbox_digest(std::string_view stored);

// True for the pseudo message that UW imapd and its kin keep at the start of a file.
bool is_internal_data(std::string_view stored);

}  // namespace postern
