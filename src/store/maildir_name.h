// Names of Maildir files: what they tell without opening the file.
//
// A name is `unique[,S=octets][,W=octets][:2,flags]` (the Maildir page of D. J. Bernstein;
// Maildir++ of Courier for the sizes). All before the colon is the base name: it identifies the
// message for ever, while flags and the folder (new, cur) change.
//
// Thread rule: free functions; views are into the arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

// The part of a file name that identifies the message.
std::string_view maildir_base_name(std::string_view file_name);

// Sizes in a base name. They are claims: S is the octets of the file; W the same with CRLF line
// ends, without the end that a last line may lack.
struct MaildirSizes {
  std::optional<std::uint64_t> stored;  // S
  std::optional<std::uint64_t> wire;    // W
};
MaildirSizes maildir_sizes(std::string_view base_name);

// When the message was delivered, for sorting: the number that the name begins with, and the
// microseconds of its second part (M), 0 where they are missing.
struct MaildirTime {
  std::uint64_t seconds = 0;
  std::uint64_t microseconds = 0;
  friend auto operator<=>(const MaildirTime&, const MaildirTime&) = default;
};
MaildirTime maildir_time(std::string_view base_name);

// The UID that POP3 shows: the base name itself where it is 1 to 70 octets of 0x21-0x7E (RFC 1939
// section 7), otherwise one made from its SHA-256. No two base names have the same.
std::string maildir_uid(std::string_view base_name);

}  // namespace postern
