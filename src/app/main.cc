// posternd: the server. Parses flags, starts the Daemon, waits for signals.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <map>

#include "app/config.h"
#include "app/daemon.h"
#include "app/service_manager.h"
#include "app/tls_files.h"

namespace postern {
namespace {

constexpr const char* description =
    "posternd: a POP3 server that labels spam.\n"
    "Point your mail client at it; it reads the mail from a Maildir or mbox, judges each message\n"
    "and puts the verdict into its header. Every key of the configuration file is a flag here.\n"
    "Example: posternd --pop3 127.0.0.1:1110 --maildir '/home/%u/Maildir' --state ~/.postern";

struct CommandLine {
  std::string config_file;
  bool check_only = false;
  bool print_defaults = false;
  std::map<std::string, std::vector<std::string>> flags;  // by key
};

// The file's settings, then those of flags, which win.
Result<Config> read_configuration(const CommandLine& line) {
  std::vector<GivenSetting> given;
  if (!line.config_file.empty()) {
    auto from_file = read_config_file(line.config_file);
    if (!from_file) return from_file.error();
    given = std::move(*from_file);
  }
  for (const ConfigKey& key : config_keys()) {
    const auto flag = line.flags.find(std::string(key.name));
    if (flag == line.flags.end() || flag->second.empty()) continue;
    given.push_back({flag->first, flag->second, key.flag()});
  }
  return make_config(given);
}

int fail(const Error& error) {
  fmt::print(stderr, "posternd: {}\n", error.detail);
  return error.exit_status();
}

// Blocked before any thread starts, so that only wait_for_signals sees them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Returns when the server is to end.
void wait_for_signals(const sigset_t& signals, Daemon& daemon, const Logger& logger) {
  constexpr timespec an_hour{3600, 0};
  while (true) {
    const int number = sigtimedwait(&signals, nullptr, &an_hour);
    if (number < 0 && errno == EAGAIN) daemon.refresh();
    if (number < 0) continue;
    if (number != SIGHUP) break;
    logger.info("reload", {{"why", "SIGHUP"}});
    daemon.reload();
  }
}

int serve(const Config& config) {
  const sigset_t signals = block_signals();
  const Logger logger = stderr_logger(config.log_level);
  raise_file_limit();
  auto daemon = Daemon::start(config, logger);
  if (!daemon) return fail(daemon.error());
  for (const Pop3Address& one : (*daemon)->addresses()) {
    logger.info("ready", {{one.implicit_tls ? "pop3s" : "pop3", one.address.text()}});
  }
  notify_service_manager("READY=1");
  wait_for_signals(signals, **daemon, logger);
  notify_service_manager("STOPPING=1");
  logger.info("stopping");
  (*daemon)->stop();
  logger.info("stopped");
  return 0;
}

int run(int argc, char** argv) {
  CommandLine line;
  CLI::App app{description, "posternd"};
  app.add_option("--config", line.config_file, "Configuration file (TOML)");
  app.add_flag("--check-config", line.check_only, "Check the configuration and exit");
  app.add_flag("--print-config", line.print_defaults, "Print every key with its default and exit");
  for (const ConfigKey& key : config_keys()) {
    std::string help(key.doc);
    if (!key.default_value.empty()) help += " [" + std::string(key.default_value) + "]";
    auto* option = app.add_option(key.flag(), line.flags[std::string(key.name)], help);
    option->type_name(std::string(key.type));
    option->allow_extra_args(false);
    if (!key.list) option->expected(1);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Errc::usage);
  }
  if (line.print_defaults) {
    fmt::print("{}", default_config_text());
    return 0;
  }
  const Result<Config> config = read_configuration(line);
  if (!config) return fail(config.error());
  if (line.check_only) {
    const Result<void> usable = check_tls_files(config->tls);
    if (!usable) return fail(usable.error());
    const auto upstreams = load_upstreams(*config);
    if (!upstreams) return fail(upstreams.error());
    const Result<void> sourced = check_mail_source(*config);
    if (!sourced) return fail(sourced.error());
    fmt::print("the configuration is sound\n");
    return 0;
  }
  return serve(*config);
}

}  // namespace
}  // namespace postern

int main(int argc, char** argv) { return postern::run(argc, argv); }
