// What a POP3 server says, taken apart without a socket (RFC 1939 section 3, RFC 2449 section 8).
//
// Written for the check alone: it shares nothing with Postern's own engine, so that a mistake there
// is not repeated here. Thread rule: values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace popcheck {

struct Reply {
  std::string line;     // the status line with its end; empty: the connection broke
  std::string body;     // of a multi-line reply: as sent, without the closing ".CRLF"
  std::string trouble;  // why there is no line or no end, for a person

  bool ok() const { return line.substr(0, 3) == "+OK"; }
  bool refused() const { return line.substr(0, 4) == "-ERR"; }
  bool whole() const { return trouble.empty(); }
  // The text behind the status word, without the line's end.
  std::string_view text() const;
  // The line without its end, or the trouble: for messages.
  std::string shown() const;
};

// Nothing when `line` is a good status line, otherwise what is wrong with it.
std::string status_line_fault(std::string_view line);

// The body with its dot stuffing taken away: the octets whose count LIST announces.
std::string unstuffed(std::string_view body);

// A decimal number that is nothing but digits.
std::optional<std::uint64_t> decimal(std::string_view text);

// Words separated by single or several spaces.
std::vector<std::string> words(std::string_view text);

// Lines of a body without their ends.
std::vector<std::string> lines(std::string_view body);

// `1 text` of each line of LIST and UIDL; nothing when a line has another form, a number is
// repeated or the order is not ascending.
std::optional<std::map<std::uint64_t, std::string>> listing(std::string_view body);

// The header of an unstuffed message with the empty line that ends it.
std::string header_of(std::string_view message);

// A message as POP3 must send it, before dot stuffing: CRLF ends, one at the very end.
std::string wire_form(std::string_view stored);

}  // namespace popcheck
