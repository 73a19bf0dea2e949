// Pop3Client: the client's side of POP3 without a socket, a clock or a thread: logs in, lists the
// maildrop, then fetches and removes messages as its owner asks.
//
// RFC 1939 with RFC 2449 (CAPA, response codes, pipelining), RFC 3206, RFC 2595 (STLS) and RFC 5034
// (AUTH), and as tolerant of real servers as can be without losing mail: what is accepted beyond
// the standards is marked QUIRK. The owner asks next() what to do, does it, and reports back with
// the matching on_...() call:
//   Read     -> on_input(bytes), or on_end() when the server has gone; on_quiet() when it is silent
//   Send     -> on_sent(), or on_end()
//   StartTls -> on_tls() after the handshake, or on_end() when it failed
//   Work     -> work(), which takes milliseconds of computing: call it on a worker
//   Ready    -> retrieve(), top(), remove(), noop(), quit(): logged in, and nothing is under way
//   Part     -> on_part(), or take_part()
//   Answer   -> on_answer()
//   Failed, Finished -> nothing; the session is over
// next() gives the same action until it was reported done. Requests may be made at any time after
// the first Ready; they are carried out in order, several at a time where the server can.
//
// Thread rule: one thread at a time. Views in actions are valid until the matching on_...() call.
// Bounds: one line, one part of a message of about 64 KiB, what one read brought, and the listing.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/entry.h"
#include "base/result.h"
#include "proto/pop3_reply.h"
#include "proto/sasl_client.h"
#include "proto/wire_decoder.h"

namespace postern {

enum class Pop3Security { clear, stls, implicit_tls };

// What the server says of itself (CAPA, RFC 2449 section 5).
struct Pop3Capabilities {
  bool known = false;  // it knows CAPA
  bool user = false;
  bool uidl = false;
  bool top = false;
  bool pipelining = false;
  bool auth_resp_code = false;
  std::vector<std::string> mechanisms{};  // in upper case
};

class Pop3Client {
 public:
  struct Options {
    std::string host;  // for texts, and for OAUTHBEARER
    std::string port;
    Pop3Security security = Pop3Security::implicit_tls;
    // Passwords and tokens may cross a connection without TLS.
    bool clear_text_login = false;
    SaslCredentials credentials;
    // Mechanisms, or "USER" or "APOP", to be tried in this order as far as the server lists them;
    // empty: what is usual.
    std::vector<std::string> methods;
    // QUIRK: no initial responses; Outlook's servers want XOAUTH2 like that.
    bool two_step = false;
    bool pipelining = true;                 // where the server can
    std::size_t line_limit = 16 * 1024;     // octets of a line that is no message's
    std::size_t entries_limit = 500'000;    // messages of a maildrop
    std::uint64_t message_limit = 1 << 30;  // octets of a message
  };

  struct Read {};
  struct Send {
    std::string_view bytes;
  };
  // The client's side of a TLS handshake is to begin at once.
  struct StartTls {};
  struct Work {};
  struct Ready {};
  // A piece of the message that was asked for first. Whether it is whole only the Answer says.
  struct Part {
    std::size_t index;
    std::string_view bytes;
  };
  enum class Request { retrieve, top, remove, noop };
  struct Answer {
    Request request;
    std::size_t index;
    std::uint64_t octets;  // of the message as it came
    // no_input when there is no such message; of the temporary ones, too_soon for throttling.
    const Result<void>& done;
  };
  // Errc::authentication: wrong credentials. busy: somebody has the maildrop open. too_soon: the
  // server wants us to wait. unavailable: it does not work now. configuration: nothing will change
  // until somebody changes a setting. bad_data: it does not speak POP3 as it should.
  struct Failed {
    const Error& error;
  };
  // The server has done all that was asked, removals included.
  struct Finished {};
  using Action = std::variant<Read, Send, StartTls, Work, Ready, Part, Answer, Failed, Finished>;

  explicit Pop3Client(Options options);
  ~Pop3Client();
  Pop3Client(const Pop3Client&) = delete;
  Pop3Client& operator=(const Pop3Client&) = delete;

  Action next();

  void on_input(std::string_view bytes);
  void on_end();
  void on_sent();
  // After STLS, and in a session that begins with TLS before the first next().
  void on_tls(SaslSecurity security = {});
  void work();
  void on_part() { part_.clear(); }
  std::string take_part() { return std::exchange(part_, {}); }
  void on_answer() { answer_.reset(); }
  // The server has said nothing for some seconds. True when that ended a message whose last line
  // has no end of its own, so that its terminator stands behind text.
  bool on_quiet();

  // `index` into entries().
  void retrieve(std::size_t index) { request({Command::retr, index}); }
  void top(std::size_t index, std::uint64_t lines) { request({Command::top, index, lines}); }
  void remove(std::size_t index) { request({Command::dele, index}); }
  void noop() { request({Command::noop}); }
  // Ends the session, and carries removals out. What is under way is done before.
  void quit() { request({Command::quit}); }

  // From the first Ready on: in the order of their numbers, sizes as the server says them. A UID is
  // empty where the server has none for the message.
  std::span<const Entry> entries() const { return entries_; }
  // Messages that the server listed, but not in LIST and UIDL both. They are left alone.
  std::size_t unmatched() const { return unmatched_; }
  const Pop3Capabilities& capabilities() const { return capabilities_; }
  bool logged_in() const { return phase_ == Phase::ready; }
  bool tls() const { return tls_; }
  const std::string& login_method() const { return login_method_; }

 private:
  enum class Phase { greeting, login, listing, ready, over };
  enum class Command {
    greeting,
    capa,
    stls,
    auth,
    user,
    pass,
    apop,
    uidl,
    list,
    stat,
    retr,
    top,
    dele,
    noop,
    probe,
    quit
  };
  struct Pending {
    Command command;
    std::size_t index = 0;
    std::uint64_t lines = 0;
  };
  struct Listed {
    std::uint64_t number;
    std::uint64_t size;
    std::string uid;
  };
  struct Settled {
    Request request;
    std::size_t index;
    std::uint64_t octets;
    Result<void> done;
  };

  // Input.
  bool advance();
  std::string_view unread() const { return std::string_view(input_).substr(consumed_); }
  std::optional<std::string_view> take_line();
  void on_line(std::string_view line);
  void on_status(std::string_view line);
  void on_reply(const Pending& pending, const Pop3Reply& reply);
  void end_lines();
  bool on_message_octets();
  bool is_past_status();

  // Output.
  void send(Pending pending, std::string_view line);
  void request(Pending pending) { waiting_.push_back(pending); }
  void dispatch();
  std::string line_of(const Pending& pending) const;

  // Login; in pop3_client_login.cc.
  void on_greeting(const Pop3Reply& reply);
  void ask_capabilities();
  void on_capability(std::string_view line);
  void on_stls(const Pop3Reply& reply);
  void plan_login();
  bool may_use(std::string_view method) const;
  bool is_listed(std::string_view mechanism) const;
  void fail_without_method();
  void try_next_method();
  void begin_auth();
  void on_auth(const Pop3Reply& reply);
  void on_challenge(const Pop3Reply& reply);
  void answer_challenge();
  void on_login_reply(const Pop3Reply& reply);
  void on_login_refused(const Pop3Reply& reply);

  // Listing.
  void begin_listing();
  void continue_listing();
  void on_listing_refused(const Pending& pending, const Pop3Reply& reply);
  void on_stat(const Pop3Reply& reply);
  void add_listed(std::string_view line, bool uids);
  void match_listings();

  // Messages.
  void begin_message(const Pending& pending);
  void end_message();
  void settle(const Pending& pending, const Pop3Reply& reply);

  void fail(Errc kind, const std::string& what);
  void fail_garbled(std::string_view line);
  // What the server said, fit to be shown: " (the server says: ...)".
  std::string quoted(std::string_view text) const;

  const Options options_;
  Phase phase_ = Phase::greeting;
  bool tls_ = false;
  bool gone_ = false;
  bool awaits_tls_ = false;
  bool finished_ = false;
  SaslSecurity security_;
  Error failure_;

  std::string input_;
  std::size_t consumed_ = 0;
  std::string output_;
  std::deque<Pending> in_flight_;  // their replies are to come, in this order
  std::deque<Pending> waiting_;
  bool in_lines_ = false;  // of a reply with several lines

  Pop3Capabilities capabilities_;
  std::string apop_challenge_;        // of the greeting
  std::vector<std::string> methods_;  // to be tried; the last one first
  std::string login_method_;
  std::unique_ptr<SaslClient> exchange_;
  bool secret_shown_ = false;
  std::optional<std::string> first_response_;  // what the exchange begins with, in two steps
  std::string challenge_;                      // while Work is to be done
  bool awaits_work_ = false;

  bool list_asked_ = false;
  std::optional<Errc> uidl_refused_;
  std::vector<Listed> sizes_;
  std::vector<Listed> uids_;
  std::vector<std::uint64_t> numbers_;  // beside entries_
  std::vector<Entry> entries_;
  std::size_t unmatched_ = 0;

  std::optional<WireDecoder> decoder_;
  bool at_first_line_ = false;
  std::uint64_t received_ = 0;
  std::string part_;
  std::size_t part_index_ = 0;
  std::optional<Settled> unconfirmed_;  // until the next status line shows that we are in step
  std::optional<Settled> answer_;
};

}  // namespace postern
