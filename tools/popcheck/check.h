// Check: one testable statement about a POP3 server, and what a run of it needs and gives.
//
// Most statements are dialogues in a small language, a line a step:
//   > TEXT   send the line with CRLF ("%u", "%p": user and password)
//   < WORD   a status line must begin so       = WORD   likewise, with the lines of the reply
//   . the server must close the connection
// The others are functions. Each runs in connections of its own.
#pragma once

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

// What a statement is checked with. Connections write to `transcript`.
class Context {
 public:
  Context(Target target, bool destructive)
      : target_(std::move(target)), destructive_(destructive) {}

  const Target& target() const { return target_; }
  bool destructive() const { return destructive_; }
  std::string transcript;

  // A connection with the greeting read and TLS on as the target says. Check trouble().
  Wire open();
  Wire open_in_clear(Reply* greeting = nullptr);
  // A connection in the TRANSACTION state, or what the server said instead; waits for a maildrop
  // that is [IN-USE].
  Wire logged_in(Reply* answer = nullptr);
  // The capabilities of the server before login, by upper-case name; empty when it has none.
  const std::map<std::string, std::string>& capabilities();
  bool can(const std::string& capability) { return capabilities().count(capability) != 0; }
  bool has_mechanism(std::string_view name);
  // How many messages there are; 0 as well when there is no login.
  std::uint64_t messages();
  void forget() { messages_.reset(); }

 private:
  Target target_;
  bool destructive_;
  std::optional<std::map<std::string, std::string>> capabilities_;
  std::optional<std::uint64_t> messages_;
};

enum class Start { greeted, logged_in, special };

// What must hold for a statement to apply; the runner says so otherwise.
enum Need : unsigned {
  nothing = 0,
  mail = 1,        // one message
  deletes = 2,     // --destructive
  spare_mail = 4,  // a message that may be lost
  tls = 8,         // a connection under TLS
  clear = 16,      // one in the clear
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
Outcome run_dialogue(Wire& wire, const Target& target, const char* dialogue);

// Sends a line; the reply to it.
Reply ask(Wire& wire, const std::string& line);
Reply ask_multi(Wire& wire, const std::string& line);
Reply log_in(Wire& wire, const Target& target);
std::string base64(std::string_view bytes);

// The tables, in order of their statements.
std::vector<Check> session_checks();
std::vector<Check> security_checks();
std::vector<Check> message_checks();
std::vector<Check> chaos_checks();

}  // namespace popcheck
