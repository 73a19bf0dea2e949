// popcheck: tells of any POP3 server which statements of the RFCs and of practice it keeps.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>

#include "popcheck/fixture.h"
#include "popcheck/report.h"

namespace popcheck {
namespace {

struct Wishes {
  Target target;
  std::string pass_file;
  bool tls = false;
  bool stls = false;
  bool destructive = false;
  bool tap = false;
  bool dialogue = false;
  bool chaos = false;
  std::string junit;
  std::string fixture;
  std::vector<std::string> only;
};

int complain(const postern::Error& error) {
  fmt::print(stderr, "popcheck: {}\n", error.detail);
  return error.exit_status();
}

std::vector<Check> chosen_checks(const Wishes& wishes) {
  std::vector<Check> all;
  for (const auto& table : {session_checks(), security_checks(), message_checks()}) {
    all.insert(all.end(), table.begin(), table.end());
  }
  if (wishes.chaos || !wishes.only.empty()) {
    const auto modes = chaos_checks();
    all.insert(all.end(), modes.begin(), modes.end());
  }
  if (wishes.only.empty()) return all;
  std::vector<Check> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const Check& one) {
    return std::find(wishes.only.begin(), wishes.only.end(), one.id) != wishes.only.end();
  });
  return some;
}

int check(Wishes& wishes) {
  auto password = postern::read_file(wishes.pass_file);
  if (!password) return complain(password.error());
  wishes.target.password = password->substr(0, password->find_first_of("\r\n"));
  wishes.target.security = wishes.tls    ? Security::tls
                           : wishes.stls ? Security::stls
                                         : Security::none;
  const auto checks = chosen_checks(wishes);
  if (checks.empty()) return complain({postern::Errc::usage, "no statement has that number"});
  Context context(wishes.target, wishes.destructive);
  {
    // Without a login nothing that follows would mean anything.
    Wire wire = context.open();
    const Reply reply = log_in(wire, wishes.target);
    if (!reply.ok())
      return complain({postern::Errc::unavailable, "cannot log in: " + reply.shown()});
    ask(wire, "QUIT");
  }
  std::vector<Finding> findings;
  for (const Check& one : checks) {
    context.transcript.clear();
    const Outcome outcome = run_check(one, context);
    findings.push_back({one.id, one.source, one.text, outcome, context.transcript});
    if (wishes.tap) continue;
    fmt::print("{}", text_line(findings.back()));
    if (wishes.dialogue) fmt::print("{}", context.transcript);
    std::fflush(stdout);
  }
  fmt::print("{}", wishes.tap ? tap(findings) : summary(findings));
  if (!wishes.junit.empty()) {
    if (auto done = postern::write_file_atomically(wishes.junit, junit(findings), 0644); !done) {
      return complain(done.error());
    }
  }
  return count(findings, Result::fail) == 0 ? 0 : 1;
}

int run(int argc, char** argv) {
  Wishes wishes;
  CLI::App app(
      "popcheck: which statements of the RFCs and of practice does a POP3 server keep?\n"
      "Ends with 0 when every applicable one holds, with 1 when one does not.");
  app.add_option("--host", wishes.target.host, "Name or address of the server")
      ->default_val("127.0.0.1");
  app.add_option("--port", wishes.target.port, "Its port")->default_val("110");
  app.add_option("--user", wishes.target.user, "User of a maildrop for the purpose");
  app.add_option("--pass-file", wishes.pass_file, "File whose first line is the password");
  app.add_flag("--tls", wishes.tls, "TLS from the first octet; the certificate is not verified");
  app.add_flag("--stls", wishes.stls, "TLS by STLS")->excludes("--tls");
  app.add_flag("--destructive", wishes.destructive,
               "Allow DELE: two messages are lost; others are marked and taken back before QUIT");
  app.add_flag("--chaos", wishes.chaos, "Misbehave, too: dribble, reset, flood, giant lines");
  app.add_option("--only", wishes.only, "Only these statements");
  app.add_flag("--tap", wishes.tap, "Print TAP");
  app.add_option("--junit", wishes.junit, "Write JUnit's XML to this file");
  app.add_flag("--dialogue", wishes.dialogue, "Show what was said");
  app.add_option("--fixture", wishes.fixture,
                 "Only write a Maildir with messages that are hard to serve");
  CLI11_PARSE(app, argc, argv);
  if (!wishes.fixture.empty()) {
    auto written = write_fixture(wishes.fixture);
    return written ? 0 : complain(written.error());
  }
  if (wishes.target.user.empty() || wishes.pass_file.empty()) {
    return complain({postern::Errc::usage, "--user and --pass-file are needed"});
  }
  return check(wishes);
}

}  // namespace
}  // namespace popcheck

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  try {
    return popcheck::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "popcheck: {}\n", error.what());
    return 70;
  }
}
