// What a POP3 server's status line says: RFC 1939 section 3, RFC 2449 section 8 (response codes),
// RFC 3206, and what servers write that know no codes.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

struct Pop3Reply {
  enum class Kind { ok, refusal, challenge, foreign };  // foreign: not a word of POP3

  Kind kind = Kind::foreign;
  std::string_view code;  // "SYS/TEMP"; empty: none
  std::string_view text;  // behind the code; of a challenge all that is behind "+"
};

// `line` without its end; views into it. Case does not matter, and the space behind the status may
// be missing.
Pop3Reply parse_pop3_reply(std::string_view line);

// Why a login was refused, by code or else by words that servers are known to use:
// Errc::authentication, busy, too_soon (also for throttling), unavailable, or configuration (the
// server wants TLS, or says that this will not change). `tells_wrong_logins`: the server says
// AUTH-RESP-CODE, so a refusal without [AUTH] is about something else (RFC 3206 section 6).
Errc why_login_refused(const Pop3Reply& refusal, bool tells_wrong_logins);

// Why a command after login was: unavailable, too_soon, or no_input (there is no such thing).
Errc why_refused(const Pop3Reply& refusal);

// True when the words are about the command or mechanism, not about who wants to log in.
bool is_unsupported(const Pop3Reply& refusal);

// What greets like that, when it is not POP3: "an SMTP or FTP server"; else empty.
std::string_view foreign_service(std::string_view greeting);

}  // namespace postern
