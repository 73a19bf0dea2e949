// Pop3Engine: the server side of POP3 without a socket, a clock or a thread.
//
// RFC 1939 with RFC 2449 (CAPA, response codes, pipelining), RFC 3206 (SYS/, AUTH), RFC 2595
// (STLS), RFC 5034 (AUTH; in pop3_auth.cc) and RFC 6856 (UTF8, LANG). The owner asks next() what to
// do, does it, and reports back with the one matching on_...() call:
//   Read   -> on_input(bytes), or on_end() when the peer has gone
//   Send   -> on_sent()
//   StartTls -> on_tls() after the handshake, or on_end() when it failed
//   FindKeys -> on_keys(SCRAM keys or error)
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
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entry.h"
#include "base/octets.h"
#include "base/result.h"
#include "proto/dot_stuffing.h"
#include "proto/login_request.h"
#include "proto/pop3_language.h"
#include "proto/sasl.h"

namespace postern {

class Pop3Engine {
 public:
  struct Options {
    std::string implementation = "Postern";  // CAPA IMPLEMENTATION; [!-~] only
    // USER and PASS may be used in the clear (RFC 8314: on loopback at most). Under TLS they may.
    bool clear_text_login = true;
    bool tls = false;              // TLS is on from the first octet
    bool stls = false;             // TLS can be begun by STLS
    LoginMethods methods;          // beside passwords
    std::size_t line_limit = 255;  // octets with CRLF (RFC 2449 section 4)
    // The same for AUTH and for what a client answers in an exchange: tokens are long.
    std::size_t sasl_line_limit = 12 * 1024 + 2;
    unsigned bad_commands_limit = 20;  // bad commands in a row before we hang up
    unsigned failed_logins_limit = 3;  // failed logins before we hang up
    // Seconds, for CAPA (RFC 2449 section 6.5); the owner sees to it that it is kept.
    std::uint64_t login_delay = 0;
    // Messages whose header holds UTF-8 are refused to clients that did not say UTF8 (RFC 6856
    // section 2). QUIRK: else they are sent as they are. Headers with raw UTF-8 are common, clients
    // that never heard of UTF8 show them well, and a message that is refused is lost to its reader.
    bool refuse_utf8_headers = false;
    // What NULs are sent as; NUL itself: as they are.
    char nul_replacement = '\0';
  };

  struct Read {};
  struct Send {
    std::string_view bytes;
  };
  // The server's side of a TLS handshake is to begin at once; all input from now on is what it
  // carries.
  struct StartTls {};
  struct FindKeys {
    std::string_view user;
    ScramHash hash;
  };
  struct Login {
    const LoginRequest& request;
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
  using Action = std::variant<Read, Send, StartTls, FindKeys, Login, Fetch, Commit, Close>;

  explicit Pop3Engine(Options options);
  ~Pop3Engine();

  Action next();

  void on_input(std::string_view bytes);
  // The peer has gone: it closed the connection, or a Send failed. A QUIT that came before is
  // still carried out, unless a message, or word that it cannot be had, was on its way: then
  // nothing is deleted, because the client may not have it.
  void on_end();
  void on_sent();
  // After STLS, and in a session that begins with TLS before the first next().
  void on_tls(SaslSecurity security = {});
  void on_keys(Result<ScramCandidates> keys);
  // The maildrop's messages; they must stay valid and unchanged until Commit was asked for.
  // An Error becomes the response code that clients understand: Errc::authentication [AUTH],
  // busy [IN-USE], too_soon [LOGIN-DELAY], other temporary ones [SYS/TEMP], permanent ones
  // [SYS/PERM].
  void on_login(Result<std::span<const Entry>> maildrop);
  void on_message(Result<Octets> message);
  void on_commit(Result<void> done);
  // The owner's timer ran out: the session ends without UPDATE (RFC 1939 section 3).
  void on_timeout();

  bool logged_in() const { return state_ == State::transaction; }
  bool tls() const { return tls_; }

 private:
  enum class State { authorization, transaction, closed };
  enum class Awaited { nothing, tls, keys, login, message, commit };
  struct Command;

  static const Command* find_command(std::string_view keyword);

  // Input.
  std::optional<std::string_view> take_line();
  void execute(std::string_view line);
  void run_command(std::string_view line);
  void compact_input();
  void release_input();
  void reject(std::string_view why);

  // Commands; `argument` is what follows the keyword.
  void capa(std::string_view argument);
  void stls(std::string_view argument);
  void utf8(std::string_view argument);
  void lang(std::string_view argument);
  void user(std::string_view argument);
  void pass(std::string_view argument);
  void apop(std::string_view argument);
  void auth(std::string_view argument);
  void stat(std::string_view argument);
  void list(std::string_view argument);
  void uidl(std::string_view argument);
  void retr(std::string_view argument);
  void top(std::string_view argument);
  void dele(std::string_view argument);
  void noop(std::string_view argument);
  void rset(std::string_view argument);
  void quit(std::string_view argument);

  // AUTH.
  SaslOffer sasl_offer() const { return {options_.methods, password_allowed(), security_}; }
  void list_mechanisms();
  void answer(std::string_view line);
  void perform(SaslStep step);
  void ask(std::string_view challenge);
  void forget_input(std::string_view part);
  void begin_login(LoginRequest request);
  void forget_login();
  void refuse_login(std::string_view text, std::string_view code = {});
  void refuse_wrong_login();

  // The index of the message of that number, if it is there and not deleted; else replies.
  std::optional<std::size_t> message_of(std::string_view number);
  void begin_listing(bool uids);
  void list_one(std::size_t index);
  bool refuses(const Octets& message) const;
  std::string listing_line(std::size_t index, bool uids) const;
  void reply(std::string_view line);
  // "+OK" and "-ERR" with the text in the client's language; a code ends in a space.
  void agree(std::string_view text);
  void refuse(std::string_view text, std::string_view code = {});
  void reply_no_clear_text();
  bool password_allowed() const { return tls_ || options_.clear_text_login; }
  std::size_t line_limit(std::string_view beginning) const;

  // Output.
  void fill_output();
  bool generating() const { return listing_at_.has_value() || encoder_.has_value(); }

  const Options options_;
  State state_ = State::authorization;
  Awaited awaited_ = Awaited::nothing;
  bool tls_ = false;      // TLS is on
  bool closing_ = false;  // close when the output is sent
  bool gone_ = false;     // nobody reads our output any more
  bool utf8_ = false;     // the client said UTF8
  const Pop3Language* language_ = &default_pop3_language();

  std::string input_;
  std::size_t consumed_ = 0;    // octets of input_ that were taken
  bool draining_line_ = false;  // in the middle of a line that was too long

  std::string output_;
  bool message_in_output_ = false;         // a piece of one, or that it cannot be read
  std::optional<std::size_t> listing_at_;  // next index of a LIST or UIDL under way
  bool listing_uids_ = false;
  std::optional<WireEncoder> encoder_;

  std::string user_;
  std::string apop_challenge_;  // in the greeting; empty: no APOP
  SaslSecurity security_;
  std::unique_ptr<SaslServer> exchange_;  // an AUTH under way
  bool told_refusal_ = false;             // the client's next answer ends it
  std::optional<SaslLookup> lookup_;
  std::unique_ptr<LoginRequest> login_;  // while Awaited::login
  unsigned failed_logins_ = 0;
  unsigned bad_commands_ = 0;

  std::span<const Entry> entries_;
  std::vector<bool> deleted_;
  std::size_t remaining_ = 0;  // messages that are not deleted
  std::uint64_t remaining_octets_ = 0;
  Fetch fetch_{};
  bool fetch_for_list_ = false;  // only to know whether LIST may name the message
  std::vector<std::size_t> commit_;
};

}  // namespace postern
