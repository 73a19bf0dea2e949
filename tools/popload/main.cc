// popload: sessions against any POP3 server, as many and as fast as wished, sizes checked.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>

#include "base/file.h"
#include "popload/load.h"
#include "popload/report.h"

namespace popload {
namespace {

struct Wishes {
  Plan plan;
  std::string pass_file;
  bool tls = false;
  bool stls = false;
  bool json = false;
  pid_t pid = 0;  // of the server; 0: what it spends is not asked for
};

int complain(const postern::Error& error) {
  fmt::print(stderr, "popload: {}\n", error.detail);
  return error.exit_status();
}

// Until the caller has seen enough of what is held open.
void wait_for_end_of_input(const Tally& tally) {
  fmt::print("held\t{}\n", tally.sessions);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

// Each connection is a file.
void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

postern::Result<void> settle_target(const Wishes& wishes, Plan& plan) {
  if (!wishes.pass_file.empty()) {
    const auto password = postern::read_file(wishes.pass_file);
    if (!password) return password.error();
    plan.target.password = password->substr(0, password->find_first_of("\r\n"));
  }
  if (plan.scenario != Scenario::idle && (plan.target.user.empty() || wishes.pass_file.empty())) {
    return postern::Error(postern::Errc::usage, "--user and --pass-file are needed");
  }
  plan.target.security = wishes.tls    ? popcheck::Security::tls
                         : wishes.stls ? popcheck::Security::stls
                                       : popcheck::Security::none;
  // A machine under load may be slow without being wrong.
  plan.target.patience = std::chrono::seconds(60);
  return {};
}

// What the server spends is read while idle sessions are still open.
postern::Result<Outcome> load(const Wishes& wishes) {
  const Plan& plan = wishes.plan;
  Outcome outcome;
  postern::Result<Spent> before = Spent();
  postern::Result<Spent> after = Spent();
  if (wishes.pid != 0) before = spent_by(wishes.pid);
  if (!before) return before.error();
  const auto begun = std::chrono::steady_clock::now();
  const auto settle = [&](const Tally&) {
    outcome.wall = std::chrono::steady_clock::now() - begun;
    if (wishes.pid != 0) after = spent_by(wishes.pid);
  };
  if (plan.scenario == Scenario::idle) {
    outcome.tally = hold_idle(plan, [&](const Tally& opened) {
      settle(opened);
      wait_for_end_of_input(opened);
    });
  } else {
    outcome.tally = run_load(plan);
    settle(outcome.tally);
  }
  if (!after) return after.error();
  if (wishes.pid != 0) outcome.server = Account{*before, *after};
  return outcome;
}

int load_and_report(Wishes& wishes) {
  const auto settled = settle_target(wishes, wishes.plan);
  if (!settled) return complain(settled.error());
  raise_file_limit();
  auto outcome = load(wishes);
  if (!outcome) return complain(outcome.error());
  fmt::print("{}", wishes.json ? json_report(*outcome) : text_report(*outcome));
  for (const std::string& fault : outcome->tally.faults) fmt::print(stderr, "popload: {}\n", fault);
  return outcome->tally.faults.empty() ? 0 : 1;
}

int run(int argc, char** argv) {
  Wishes wishes;
  Plan& plan = wishes.plan;
  const std::map<std::string, Scenario> scenarios{{"login", Scenario::login},
                                                  {"poll", Scenario::poll},
                                                  {"drain", Scenario::drain},
                                                  {"idle", Scenario::idle}};
  CLI::App app(
      "popload: load a POP3 server with sessions and check the sizes of what it sends.\n"
      "Ends with 0 when every session went well, with 1 when one did not.");
  app.add_option("--host", plan.target.host, "Name or address of the server")
      ->default_val("127.0.0.1");
  app.add_option("--port", plan.target.port, "Its port")->default_val("110");
  app.add_option("--user", plan.target.user, "User; %d stands for a number from 0");
  app.add_option("--pass-file", wishes.pass_file, "File whose first line is everyone's password");
  app.add_option("--users", plan.users, "How many users %d stands for")->check(CLI::PositiveNumber);
  app.add_option("--scenario", plan.scenario,
                 "login, poll (UIDL and LIST), drain (RETR of all) or idle (held open until "
                 "standard input ends)")
      ->transform(CLI::CheckedTransformer(scenarios));
  app.add_option("--sessions", plan.sessions, "How many in all")->check(CLI::PositiveNumber);
  app.add_option("--concurrent", plan.concurrent, "How many at once; at most one a user")
      ->check(CLI::PositiveNumber);
  app.add_flag("--pipelined", plan.pipelined, "Send commands without waiting for replies");
  app.add_flag("--tls", wishes.tls, "TLS from the first octet; the certificate is not verified");
  app.add_flag("--stls", wishes.stls, "TLS by STLS")->excludes("--tls");
  app.add_option("--pid", wishes.pid, "The server's process: shows what it and its children spend")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", wishes.json, "One JSON object instead of lines");
  CLI11_PARSE(app, argc, argv);
  return load_and_report(wishes);
}

}  // namespace
}  // namespace popload

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  try {
    return popload::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "popload: {}\n", error.what());
    return 70;
  }
}
