#include "popcheck/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace popcheck {
namespace {

// The status of sysexits(3) for a command line that cannot be carried out.
constexpr int usage_status = 64;

void declare_means(CLI::App& app, Means& means, int& idle) {
  app.add_flag("--destructive", means.destructive,
               "Allow DELE: some messages are lost; others are marked and taken back before QUIT");
  app.add_option("--deliver", means.deliver,
                 "A command that delivers one message, to see what an open session makes of it");
  app.add_option("--idle", idle, "Stay idle in a session for so many seconds; RFC 1939 wants 600")
      ->check(CLI::Range(1, 3600));
  app.add_option("--temporary-trouble", means.temporary,
                 "A user (same password) whose mail is out of reach for now");
  app.add_option("--permanent-trouble", means.permanent,
                 "A user (same password) whose mail will never be there");
  app.add_option("--server-name", means.server_names,
                 "Names for which the server has certificates");
}

void declare(CLI::App& app, Options& options, double& patience) {
  app.add_option("--host", options.target.host, "Name or address of the server")
      ->default_val("127.0.0.1");
  app.add_option("--port", options.target.port, "Its port")->default_val("110");
  app.add_option("--user", options.target.user, "User of a maildrop for the purpose");
  app.add_option("--pass-file", options.pass_file, "File whose first line is the password");
  const auto secure_by = [&options](Security security) {
    return [&options, security] { options.target.security = security; };
  };
  app.add_flag_callback("--tls", secure_by(Security::tls),
                        "TLS from the first octet; the certificate is not verified");
  app.add_flag_callback("--stls", secure_by(Security::stls), "TLS by STLS")->excludes("--tls");
  app.add_option("--patience", patience, "Seconds to wait for each reply")
      ->default_val(10)
      ->check(CLI::Range(0.1, 3600.0));
  app.add_flag("--chaos", options.chaos, "Misbehave, too: dribble, reset, flood, giant lines");
  app.add_option("--only", options.only, "Only these statements");
  app.add_flag("--tap", options.tap, "Print TAP");
  app.add_option("--junit", options.junit, "Write JUnit's XML to this file");
  app.add_flag("--dialogue", options.dialogue, "Show what was said");
  app.add_option("--fixture", options.fixture,
                 "Only write a Maildir with messages that are hard to serve");
}

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv) {
  CommandLine out;
  Options& options = out.options;
  double patience = 0;
  int idle = 0;
  CLI::App app(
      "popcheck: which statements of the RFCs and of practice does a POP3 server keep?\n"
      "Ends with 0 when every applicable one holds, with 1 when one does not.");
  declare(app, options, patience);
  declare_means(app, options.means, idle);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    out.over = true;
    out.status = app.exit(error) == 0 ? 0 : usage_status;
    return out;
  }
  options.target.patience = std::chrono::milliseconds(static_cast<long>(patience * 1000));
  options.means.idle = std::chrono::seconds(idle);
  return out;
}

postern::Result<std::vector<Check>> chosen_checks(const Options& options) {
  std::vector<Check> all;
  for (const auto& table : {session_checks(), login_checks(), security_checks(), scram_checks(),
                            message_checks(), fixture_checks()}) {
    all.insert(all.end(), table.begin(), table.end());
  }
  if (options.chaos || !options.only.empty()) {
    const auto modes = chaos_checks();
    all.insert(all.end(), modes.begin(), modes.end());
  }
  if (options.only.empty()) return all;
  for (const std::string& id : options.only) {
    if (std::none_of(all.begin(), all.end(), [&](const Check& one) { return one.id == id; })) {
      return postern::Error(postern::Errc::usage, "no statement has the number " + id);
    }
  }
  std::vector<Check> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const Check& one) {
    return std::find(options.only.begin(), options.only.end(), one.id) != options.only.end();
  });
  return some;
}

}  // namespace popcheck
