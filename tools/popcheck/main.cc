// popcheck: tells of any POP3 server which statements of the RFCs and of practice it keeps.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <exception>

#include "popcheck/fixture.h"
#include "popcheck/options.h"
#include "popcheck/report.h"

namespace popcheck {
namespace {

int complain(const postern::Error& error) {
  fmt::print(stderr, "popcheck: {}\n", error.detail);
  return error.exit_status();
}

int check(Options& options) {
  const auto password = postern::read_file(options.pass_file);
  if (!password) return complain(password.error());
  options.target.password = password->substr(0, password->find_first_of("\r\n"));
  const auto checks = chosen_checks(options);
  if (!checks) return complain(checks.error());
  Context context(options.target, options.means);
  {
    // Without a login nothing that follows would mean anything.
    Reply reply;
    Wire wire = context.logged_in(&reply);
    if (!reply.ok())
      return complain({postern::Errc::unavailable, "cannot log in: " + reply.shown()});
    ask(wire, "QUIT");
  }
  std::vector<Finding> findings;
  for (const Check& one : *checks) {
    context.transcript.clear();
    const Outcome outcome = run_check(one, context);
    findings.push_back({one.id, one.source, one.text, outcome, context.transcript});
    if (options.tap) continue;
    fmt::print("{}", text_line(findings.back()));
    if (options.dialogue) fmt::print("{}", context.transcript);
    std::fflush(stdout);
  }
  fmt::print("{}", options.tap ? tap(findings) : summary(findings));
  if (!options.junit.empty()) {
    if (auto done = postern::write_file_atomically(options.junit, junit(findings), 0644); !done) {
      return complain(done.error());
    }
  }
  return count(findings, Result::fail) == 0 ? 0 : 1;
}

int run(int argc, char** argv) {
  CommandLine line = read_command_line(argc, argv);
  if (line.over) return line.status;
  Options& options = line.options;
  if (!options.fixture.empty()) {
    const auto written = write_fixture(options.fixture);
    return written ? 0 : complain(written.error());
  }
  if (options.target.user.empty() || options.pass_file.empty()) {
    return complain({postern::Errc::usage, "--user and --pass-file are needed"});
  }
  return check(options);
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
