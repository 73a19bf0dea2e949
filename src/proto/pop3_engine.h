// Pop3Engine: the server side of POP3 without a socket, a clock or a thread.
//
// RFC 1939 with RFC 2449 (CAPA, response codes, pipelining), RFC 3206 (SYS/, AUTH). The owner
// asks next() what to do, does it, and reports back with the one matching on_...() call:
//   Read   -> on_input(bytes), or on_end() when the peer has gone
//   Send   -> on_sent()
//   Login  -> on_login(entries or error)
//   Fetch  -> on_message(octets or error)
//   Commit -> on_commit(done or error)
//   Close  -> nothing; the session is over
// next() gives the same action until it was reported done. Replies to pipelined commands are
// gathered, so that they leave in few writes.
//
// Thread rule: one thread at a time. Views in actions are valid until the matching on_...() call.
// Bounds: holds at most one line, one output buffer of about 64 KiB and the message being sent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entry.h"
#include "base/octets.h"
#include "base/result.h"

namespace postern {

class Pop3Engine {
 public:
  struct Options {
    std::string implementation = "Postern";  // CAPA IMPLEMENTATION; [!-~] only
    // USER and PASS may be used on this connection (RFC 8314: not in the clear off loopback).
    bool clear_text_login = true;
    std::size_t line_limit = 255;      // octets with CRLF (RFC 2449 section 4)
    unsigned bad_commands_limit = 20;  // bad commands in a row before we hang up
    unsigned failed_logins_limit = 3;  // failed logins before we hang up
  };

  struct Read {};
  struct Send {
    std::string_view bytes;
  };
  struct Login {
    std::string_view user;
    std::string_view password;
  };
  // A message is wanted: whole, or its header and that many body lines (TOP).
  struct Fetch {
    std::size_t index;
    std::optional<std::uint64_t> body_lines;
  };
  // QUIT: remove these, durably, then answer. Comes also when the client has gone meanwhile.
  struct Commit {
    std::span<const std::size_t> deleted;
  };
  struct Close {};
  using Action = std::variant<Read, Send, Login, Fetch, Commit, Close>;

  explicit Pop3Engine(Options options);

  Action next();

  void on_input(std::string_view bytes);
  void on_end();
  void on_sent();
  // The maildrop's messages; they must stay valid and unchanged while the engine lives.
  // An Error becomes the response code that clients understand: Errc::authentication [AUTH],
  // busy [IN-USE], other temporary ones [SYS/TEMP], permanent ones [SYS/PERM].
  void on_login(Result<std::span<const Entry>> maildrop);
  void on_message(Result<Octets> message);
  void on_commit(Result<void> done);
  // The owner's timer ran out: the session ends without UPDATE (RFC 1939 section 3).
  void on_timeout();

  bool logged_in() const;
};

}  // namespace postern
