// The arguments of `postern account ...` and `postern audit`.
#include <CLI/CLI.hpp>

#include "account.h"
#include "commands.h"

namespace postern {
namespace {

using Run = int (*)(const AccountOptions&);

class AccountArguments {
 public:
  AccountArguments(AccountOptions& options, int& status) : options_(options), status_(status) {}

  CLI::App* add(CLI::App& group, const char* name, const char* help, Run run, bool named = true) {
    CLI::App* command = group.add_subcommand(name, help);
    command->add_option("--state", options_.state, "Folder of Postern's state")
        ->envname("POSTERN_STATE")
        ->type_name("DIR")
        ->default_val("/var/lib/postern");
    if (named) command->add_option("NAME", options_.name, "The account's name")->required();
    command->callback([run, &options = options_, &status = status_] { status = run(options); });
    return command;
  }

  void add_password(CLI::App* command) {
    command
        ->add_option("--password-file", options_.password_file,
                     "File whose first line is the password [asked for, or standard input]")
        ->type_name("FILE");
  }

  void add_json(CLI::App* command) { command->add_flag("--json", options_.json, "Print JSON"); }

 private:
  AccountOptions& options_;
  int& status_;
};

void add_add(AccountArguments& arguments, CLI::App& group, AccountOptions& options) {
  CLI::App* command = arguments.add(
      group, "add", "Fetch a provider's mail ahead for a user; the password is asked for",
      run_account_add);
  command->add_option("--user", options.user, "Whose mail it is: a user of Postern")
      ->type_name("USER")
      ->required();
  command
      ->add_option("--url", options.url,
                   "The provider's server: pop3s://HOST[:PORT], pop3://HOST[:PORT] (STLS), or "
                   "pop3+clear://HOST[:PORT]")
      ->type_name("URL")
      ->required();
  command->add_option("--login", options.login, "The name there [the account's name]")
      ->type_name("LOGIN");
  command->add_option("--interval", options.interval, "Seconds from one poll to the next")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command
      ->add_option("--tls-authorities", options.tls_authorities,
                   "Certificates (PEM) of the authorities that may vouch for the server [the "
                   "system's]")
      ->type_name("FILE");
  command
      ->add_option("--tls-pin", options.tls_pin,
                   "SHA-256 that the server's public key must have, whoever vouches for it")
      ->type_name("HEX");
  arguments.add_password(command);
}

void add_undelete(AccountArguments& arguments, CLI::App& group, AccountOptions& options) {
  CLI::App* command = arguments.add(
      group, "undelete",
      "Take deletions back, as long as keep_deleted says; without a UID: list UID, time, octets",
      run_account_undelete);
  auto* uids = command->add_option("UID", options.uids, "As `undelete NAME` lists it");
  command->add_flag("--all", options.all, "All that can be taken back")->excludes(uids);
}

}  // namespace

void add_account_commands(CLI::App& app, AccountOptions& options, int& status) {
  AccountArguments arguments(options, status);
  CLI::App* group = app.add_subcommand("account", "Mail at providers that is fetched ahead");
  group->require_subcommand(1);
  add_add(arguments, *group, options);
  arguments.add_json(arguments.add(
      *group, "list",
      "Print name, user, URL, state, last success and last error, with tabs between, a line an "
      "account",
      run_account_list, false));
  CLI::App* test =
      arguments.add(*group, "test",
                    "Log in at the provider and say how many messages there are, or what is wrong",
                    run_account_test);
  test->add_option("--upstream-network", options.networks,
                   "Network that is not of the public Internet and may be connected to all the "
                   "same, as for posternd")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  arguments.add_password(
      arguments.add(*group, "password", "Change the password there", run_account_password));
  CLI::App* remove =
      arguments.add(*group, "remove", "Forget an account; mail at the provider is not touched",
                    run_account_remove);
  remove->add_flag("--force", options.force, "Even if messages or deletions are lost by that");
  arguments.add(*group, "pause", "Poll it no longer; what was fetched is served all the same",
                run_account_pause);
  arguments.add(*group, "resume", "Poll it again", run_account_resume);
  add_undelete(arguments, *group, options);
  arguments.add_json(arguments.add(
      app, "audit",
      "Prove that every message ever fetched of an account is in exactly one state, and whole;\n"
      "status 65 when there is a contradiction",
      run_audit));
}

}  // namespace postern
