// Check: one testable statement about a POP3 server, and what a run of it needs and gives.
//
// Most statements are dialogues in a small language, a line a step:
//   > TEXT   send the line with CRLF ("%u", "%p", "%n": user, password, number of the last message)
//   < WORD   a status line must begin so       = WORD   likewise, with the lines of the reply
//   . the server must close the connection
// The others are functions. Each runs in connections of its own.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "popcheck/wire.h"

namespace popcheck {

enum class Result { pass, fail, not_applicable };

struct Outcome {
  Result result = Result::pass;
  std::string reason;  // empty when passed
};

inline Outcome passed() { return {}; }
inline Outcome failed(std::string why) { return {Result::fail, std::move(why)}; }
inline Outcome not_applicable(std::string why) { return {Result::not_applicable, std::move(why)}; }

// What only the one who runs the check can give; statements that need what is missing do not apply.
struct Means {
  bool destructive = false;               // DELE is allowed
  std::string deliver;                    // a shell command that delivers one message
  std::chrono::seconds idle{0};           // how long a session may be left idle
  std::string temporary;                  // a user whose mail is out of reach for now
  std::string permanent;                  // and one whose mail will never be there
  std::vector<std::string> server_names;  // for which the server has certificates
};

// What each message is known by, in order: "size uid" (no uid where there is no UIDL).
using Drop = std::vector<std::string>;

// What CAPA lists: values by upper-case name.
using Capabilities = std::map<std::string, std::string>;

// What a statement is checked with. Connections write to `transcript`.
class Context {
 public:
  Context(Target target, Means means);

  const Target& target() const { return target_; }
  const Means& means() const { return means_; }
  std::string transcript;

  // A connection with the greeting read and TLS on as the target says. Check trouble().
  Wire open(const TlsWish& wish = {});
  // The same with a minute's patience, for logins that are to fail: servers take their time.
  Wire open_patiently(const TlsWish& wish = {});
  Wire open_in_clear(Reply* greeting = nullptr);
  // A connection in the TRANSACTION state, or what the server said instead; waits for a maildrop
  // that is [IN-USE], and while there is a [LOGIN-DELAY].
  Wire logged_in(Reply* answer = nullptr);
  // The capabilities of the server before login, by upper-case name; empty when it has none.
  const Capabilities& capabilities();
  // The same before STLS; those above where the target is not Security::stls.
  const Capabilities& capabilities_in_clear();
  bool can(const std::string& capability) { return capabilities().count(capability) != 0; }
  // The same for TOP and UIDL, which a server that knows no CAPA may have all the same: tried.
  bool has_command(const std::string& name);
  bool has_mechanism(std::string_view name);
  // How many messages there are; 0 as well when there is no login.
  std::uint64_t messages();
  // What a new session sees; nothing when there is no login.
  std::optional<Drop> drop();
  // The first messages, as RETR sends them, dot stuffing taken away; those refused are empty.
  const std::vector<std::string>& mail();
  // The number and the size of the largest message.
  std::pair<std::string, std::uint64_t> largest();
  // How many messages of that size no kernel holds back for a socket: a server waits for its
  // client.
  static std::size_t unbufferable(std::uint64_t size);
  // After messages were deleted.
  void forget();

 private:
  Wire greeted(const Target& target, const TlsWish& wish, Reply* greeting);
  Wire secured(const Target& target, const TlsWish& wish);

  Target target_;
  Target patient_target_;
  Means means_;
  std::optional<Capabilities> capabilities_;
  std::optional<Capabilities> capabilities_in_clear_;
  std::map<std::string, bool> commands_;  // answers of has_command()
  std::optional<std::uint64_t> messages_;
  std::optional<std::vector<std::string>> mail_;
};

constexpr std::uint64_t most_messages = 100;  // that a statement retrieves

enum class Start { greeted, logged_in, special };

// What must hold for a statement to apply; the runner says so otherwise.
enum Need : unsigned {
  nothing = 0,
  mail = 1,        // one message
  deletes = 2,     // --destructive
  spare_mail = 4,  // a message that may be lost
  tls = 8,         // a connection under TLS
  clear = 16,      // a connection that begins in the clear: not --tls
  delivery = 32,   // --deliver
  patience = 64,   // --idle
};

struct Check {
  const char* id;      // the number of the statement, with a letter where it has several parts
  const char* source;  // RFC and section, or "practice"
  const char* text;
  unsigned needs;
  Start start;
  const char* dialogue;                // for greeted and logged_in
  Outcome (*run)(Context&) = nullptr;  // for special
  const char* capability = nullptr;    // needed in CAPA
};

Outcome run_check(const Check& check, Context& context);
Outcome run_dialogue(Wire& wire, Context& context, const char* dialogue);

// Sends a line; the reply to it.
Reply ask(Wire& wire, const std::string& line);
Reply ask_multi(Wire& wire, const std::string& line);
Reply log_in(Wire& wire, const Target& target);
std::string base64(std::string_view bytes);
std::string from_base64(std::string_view text);  // empty when it is none

// The tables, in order of their statements.
std::vector<Check> session_checks();
std::vector<Check> login_checks();
std::vector<Check> security_checks();
std::vector<Check> scram_checks();
std::vector<Check> message_checks();
std::vector<Check> fixture_checks();
std::vector<Check> chaos_checks();

}  // namespace popcheck
