// postern: the command with which people train, classify, label, measure and manage.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "account.h"
#include "commands.h"

namespace postern {

int fail(const Error& error) {
  std::fflush(stdout);
  fmt::print(stderr, "postern: {}\n", error.detail);
  return error.exit_status();
}

namespace {

constexpr const char* about =
    "postern: trains and asks Postern's spam filter, and manages its users and rules.\n"
    "Teach it with a few dozen messages of each kind; it goes on improving with every correction.\n"
    "\n"
    "  postern train --state ~/.postern --spam ~/Maildir/.Junk\n"
    "  postern train --state ~/.postern --ham ~/Maildir\n"
    "  postern classify --state ~/.postern --explain message.eml";

constexpr const char* paths_help =
    "A message file, a folder of them, a Maildir, an mbox, or - for standard input";

constexpr const char* default_state = "/var/lib/postern";

void add_state(CLI::App& command, std::string& state, bool needed) {
  auto* option = command.add_option("--state", state, "Folder of Postern's state");
  option->envname("POSTERN_STATE");
  option->type_name("DIR");
  if (needed) option->default_val(default_state);
}

void add_background(CLI::App& command, std::string& base_model, std::string& site_model) {
  command
      .add_option("--base", base_model,
                  "Base model that judges beside your own lessons, or none [the shipped one]")
      ->type_name("MODEL|none");
  command
      .add_option("--site", site_model,
                  "Model of `postern model build` between the base model and your own lessons")
      ->envname("POSTERN_SITE")
      ->type_name("MODEL");
}

void add_judgement(CLI::App& command, JudgementFiles& judgement) {
  add_background(command, judgement.base_model, judgement.site_model);
  command
      .add_option("--rules", judgement.rules,
                  "Rule file or folder, may be given several times [the shipped rules]")
      ->type_name("PATH")
      ->allow_extra_args(false);
  command
      .add_option_function<double>(
          "--ham-loss", [&judgement](double percent) { judgement.ham_loss = percent / 100; },
          "Percent of your ham that may be called spam, by your own lessons")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 50.0));
}

void add_user_option(CLI::App& command, std::string& user) {
  command
      .add_option("--user", user,
                  "Whose allow and block lists and scores of rules count [nobody's]")
      ->type_name("NAME");
}

// Every command's options, and the status of the one that ran.
struct Commands {
  TrainOptions train;
  bool spam = false;
  bool ham = false;
  ForgetOptions forget;
  ClassifyOptions classify;
  LabelOptions label;
  EvalOptions eval;
  LessonsOptions lessons;
  ModelOptions model;
  ModelBuildOptions build;
  RulesOptions rules;
  RulesStateOptions rules_state;
  RulesWhatIfOptions what_if;
  RulesScoreOptions score;
  SenderOptions allow, block;
  RulesImportOptions rules_import;
  RulesBenchOptions rules_bench;
  RulesHitsOptions rules_hits;
  UserOptions user;
  AccountOptions account;
  TlsOptions tls;
  int status = 0;
};

void add_train(CLI::App& app, Commands& all) {
  CLI::App* command = app.add_subcommand(
      "train",
      "Teach messages as spam or as ham. Teaching the same message again changes nothing;\n"
      "teaching it as the opposite corrects the earlier lesson.");
  add_state(*command, all.train.state, true);
  add_background(*command, all.train.base_model, all.train.site_model);
  auto* spam = command->add_flag("--spam", all.spam, "The messages are spam");
  auto* ham = command->add_flag("--ham", all.ham, "The messages are ham (wanted mail)");
  command->add_flag("--on-error", all.train.on_error,
                    "Teach only what the classifier gets wrong or is unsure about; less to keep, "
                    "but it learns worse than from everything");
  auto* index = command->add_option("--index", all.train.index,
                                    "File of lines `spam|ham PATH`, PATH relative to it");
  auto* paths = command->add_option("PATH", all.train.paths, paths_help);
  spam->excludes(ham);
  index->excludes(spam)->excludes(ham)->excludes(paths);
  command->callback([&all] {
    const bool by_class = all.spam || all.ham;
    if (all.train.index.empty() && (!by_class || all.train.paths.empty())) {
      throw CLI::RequiredError("--spam or --ham with PATHs, or --index");
    }
    if (by_class) all.train.taught = all.spam ? MailClass::spam : MailClass::ham;
    all.status = run_train(all.train);
  });
}

void add_forget(CLI::App& app, Commands& all) {
  CLI::App* command =
      app.add_subcommand("forget", "Take lessons back, as if they had never been taught");
  add_state(*command, all.forget.state, true);
  add_background(*command, all.forget.base_model, all.forget.site_model);
  command->add_option("PATH", all.forget.paths, paths_help)->required();
  command->callback([&all] { all.status = run_forget(all.forget); });
}

void add_classify(CLI::App& app, Commands& all) {
  CLI::App* command = app.add_subcommand(
      "classify", "Print a line a message: LABEL<TAB>PROBABILITY<TAB>SCORE<TAB>PATH");
  add_state(*command, all.classify.state, false);
  add_judgement(*command, all.classify.judgement);
  add_user_option(*command, all.classify.user);
  auto* explain =
      command->add_flag("--explain", all.classify.explain, "Say why: what counted, and how much");
  command->add_flag("--json", all.classify.json, "A JSON object a message, with the reasons")
      ->excludes(explain);
  command->add_option("PATH", all.classify.paths, paths_help)->required();
  command->callback([&all] { all.status = run_classify(all.classify); });
}

void add_label(CLI::App& app, Commands& all) {
  CLI::App* command = app.add_subcommand(
      "label",
      "Read a message, write it with its label on top: for procmail, maildrop and pipes.\n"
      "The message is written whatever happens; an exit status other than 0 says what did.");
  add_state(*command, all.label.state, false);
  add_judgement(*command, all.label.judgement);
  add_user_option(*command, all.label.user);
  command->callback([&all] { all.status = run_label(all.label); });
}

void add_eval(CLI::App& app, Commands& all) {
  CLI::App* command = app.add_subcommand(
      "eval",
      "Measure accuracy on mail whose class is known, changing nothing. Protocols:\n"
      "  online   judge each message, then learn it\n"
      "  half     learn the first half, judge the second\n"
      "  cold     judge only\n"
      "  delayed  judge each message, learn it --delay messages later\n"
      "  onerror  judge each message, learn it when the judgement was wrong or unsure");
  command->add_option("--protocol", all.eval.protocol, "online, half, cold, delayed or onerror")
      ->capture_default_str();
  command->add_option("--state", all.eval.state, "Begin with the lessons of this state")
      ->type_name("DIR");
  add_background(*command, all.eval.base_model, all.eval.site_model);
  command
      ->add_option("--rules", all.eval.rules,
                   "Add the points of this rule file or folder to each score; shipped: of ours")
      ->type_name("PATH|shipped")
      ->allow_extra_args(false);
  command->add_option("--scores", all.eval.scores,
                      "Write `spam|ham<TAB>score<TAB>path` lines to this file");
  command->add_option("--delay", all.eval.delay, "Messages until feedback")->capture_default_str();
  command->add_option("--flip", all.eval.flip, "Share of lessons taught wrongly, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--seed", all.eval.seed, "Seed for --flip and --orders")
      ->capture_default_str();
  command
      ->add_option("--orders", all.eval.orders,
                   "Run so many orders and print their means: the index's own, then shuffles")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--strip", all.eval.strip,
                    "Take off header fields that mark a class or a mailbox, before anything else");
  command
      ->add_option("--clump", all.eval.clump,
                   "Instead: teach N messages of one sender or campaign wrongly, after all others, "
                   "and count the corrections that turn it round")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_option("--plot", all.eval.plot, "Draw the ROC curve")->type_name("FILE.svg");
  command->add_flag("--json", all.eval.json, "Print the measures as a JSON object");
  command->add_option("INDEX", all.eval.indexes, "File of lines `spam|ham PATH`")->required();
  command->callback([&all] { all.status = run_eval(all.eval); });
}

void add_model_build(CLI::App& model, Commands& all) {
  CLI::App* command =
      model.add_subcommand("build", "Fold messages into a model without a user, for a site layer");
  add_background(*command, all.build.base_model, all.build.site_model);
  command->add_option("--output", all.build.output, "The model's file")
      ->type_name("FILE")
      ->required();
  command->add_option("--spam", all.build.spam, paths_help)->type_name("PATH");
  command->add_option("--ham", all.build.ham, paths_help)->type_name("PATH");
  command->add_option("--lessons", all.build.lesson_files, "File of `postern model export`")
      ->type_name("FILE");
  command->add_option("INDEX", all.build.indexes, "File of lines `spam|ham PATH`");
  command->callback([&all] { all.status = run_model_build(all.build); });
}

CLI::App* add_lessons_command(CLI::App& lessons, Commands& all, const char* name, const char* help,
                              int (*run)(const LessonsOptions&)) {
  CLI::App* command = lessons.add_subcommand(name, help);
  add_state(*command, all.lessons.state, true);
  command->callback([&all, run] { all.status = run(all.lessons); });
  return command;
}

void add_lessons(CLI::App& app, Commands& all) {
  CLI::App* lessons = app.add_subcommand("lessons", "Look through what was taught");
  lessons->require_subcommand(1);
  const auto add_numbers = [&](CLI::App* command) {
    command->add_option("NUMBER", all.lessons.numbers, "As `list` gives it")->required();
  };
  const auto add_json = [&](CLI::App* command) {
    command->add_flag("--json", all.lessons.json, "Print JSON");
  };
  add_json(add_lessons_command(*lessons, all, "list",
                               "Print NUMBER, class, time, source, sender and subject, with tabs "
                               "between, a line a lesson",
                               run_lessons_list));
  CLI::App* show = add_lessons_command(*lessons, all, "show", "Print what a lesson was learnt from",
                                       run_lessons_show);
  add_json(show);
  add_numbers(show);
  CLI::App* undo =
      add_lessons_command(*lessons, all, "undo",
                          "Take lessons back, as if they had never been taught", run_lessons_undo);
  add_background(*undo, all.lessons.base_model, all.lessons.site_model);
  add_numbers(undo);
  CLI::App* review = add_lessons_command(
      *lessons, all, "review",
      "Estimate how many lessons are wrong, and print those that look so and those that\n"
      "contradict each other",
      run_lessons_review);
  add_background(*review, all.lessons.base_model, all.lessons.site_model);
  add_json(review);
}

CLI::App* add_model_command(CLI::App& model, Commands& all, const char* name, const char* help,
                            int (*run)(const ModelOptions&)) {
  CLI::App* command = model.add_subcommand(name, help);
  add_state(*command, all.model.state, true);
  add_background(*command, all.model.base_model, all.model.site_model);
  command->callback([&all, run] { all.status = run(all.model); });
  return command;
}

void add_model(CLI::App& app, Commands& all) {
  CLI::App* model = app.add_subcommand("model", "Look at, move and build models");
  model->require_subcommand(1);
  CLI::App* info =
      add_model_command(*model, all, "info",
                        "Say what a model knows: the state's, or that of a file", run_model_info);
  info->add_flag("--json", all.model.json, "Print a JSON object");
  info->add_option("FILE", all.model.file, "A model file or lesson file [the state's own model]");
  CLI::App* exporting = add_model_command(
      *model, all, "export", "Write all lessons to a file that another machine can import",
      run_model_export);
  exporting->add_option("FILE", all.model.output, "Where to write [standard output]");
  CLI::App* importing = add_model_command(
      *model, all, "import", "Teach all lessons of an exported file; idempotent", run_model_import);
  importing
      ->add_option("FILE", all.model.file,
                   "File of `postern model export`; with --from, what the other filter wrote")
      ->required();
  importing
      ->add_option(
          "--from", all.model.from,
          "Make a site model of what another filter had learnt: `bogoutil -d` of "
          "bogofilter, `sa-learn --backup` of spamassassin, `sb_dbexpimp -e` of spambayes, "
          "the database or the corpus folder of popfile")
      ->type_name("FILTER");
  importing->add_option("--output", all.model.output, "With --from: the model's file")
      ->type_name("FILE");
  importing
      ->add_option("--mail", all.model.mail,
                   "With --from spamassassin: mail, or an INDEX, to look its words up in")
      ->type_name("PATH");
  importing
      ->add_option("--spam-bucket", all.model.spam_buckets,
                   "With --from popfile: a bucket of spam; all others are ham")
      ->type_name("NAME")
      ->capture_default_str();
  CLI::App* rebuild = add_model_command(*model, all, "rebuild",
                                        "Fold the log of lessons anew, all of it or up to a day",
                                        run_model_rebuild);
  rebuild->add_option("--until", all.model.until, "Only lessons taught up to that day (UTC)")
      ->type_name("YYYY-MM-DD");
  rebuild->add_option("--output", all.model.output, "Where the model of that day goes")
      ->type_name("FILE");
  add_model_build(*model, all);
}

void add_what_if(CLI::App& rules, Commands& all) {
  RulesWhatIfOptions& options = all.what_if;
  CLI::App* command = rules.add_subcommand(
      "what-if",
      "Say which messages would get another label if these rules were served, too; judged as\n"
      "posternd does, with the lessons of the state. Changes nothing.");
  add_state(*command, options.state, true);
  command->add_option("--mail", options.mail, "Folder, Maildir, mbox or index of messages")
      ->type_name("MAILDIR|INDEX")
      ->required();
  add_user_option(*command, options.user);
  command->add_flag("--instead", options.instead, "The PATHs are all the rules there would be");
  command->add_flag("--json", options.json, "Print a JSON object");
  command
      ->add_option("PATH", options.paths,
                   "Rule files or folders; one that is served already is taken as it is now")
      ->required();
  command->callback([&all] { all.status = run_rules_what_if(all.what_if); });
}

void add_score(CLI::App& rules, Commands& all) {
  RulesScoreOptions& options = all.score;
  CLI::App* command = rules.add_subcommand(
      "score", "Give a rule other points for one user; without RULE print those that there are");
  add_state(*command, options.state, true);
  command->add_option("USER", options.user, "User name")->required();
  command->add_option("RULE", options.rule, "Name of a rule");
  command->add_option("POINTS", options.points, "-100 to 100; 0 takes the rule out");
  command->add_flag("--remove", options.remove, "Back to the points of the rule file");
  command->add_flag("--json", options.json, "Print a JSON array");
  command->callback([&all] {
    RulesScoreOptions& given = all.score;
    if (!given.rule.empty() && given.points.empty() && !given.remove) {
      throw CLI::RequiredError("POINTS, or --remove,");
    }
    all.status = run_rules_score(given);
  });
}

void add_senders(CLI::App& app, SenderOptions& options, Commands& all, const char* name,
                 const char* help) {
  CLI::App* noun = app.add_subcommand(name, help);
  noun->require_subcommand(1);
  const auto add = [&](const char* verb, const char* what, int (*run_it)(const SenderOptions&)) {
    CLI::App* command = noun->add_subcommand(verb, what);
    add_state(*command, options.state, true);
    command->add_option("USER", options.user, "User name")->required();
    command->callback([&all, &options, run_it] { all.status = run_it(options); });
    return command;
  };
  const auto add_patterns = [&](CLI::App* command) {
    command
        ->add_option("SENDER", options.patterns,
                     "An address (ann@example.org), a domain and all below it (example.org), or a "
                     "glob (*@news?.example.org)")
        ->required();
  };
  CLI::App* adding =
      add("add", "Put senders on the list; the next session counts it", run_sender_add);
  if (options.list == SenderList::allow) {
    adding->add_flag("--authenticated", options.authenticated,
                     "Count only where the mail server vouches for From by DKIM, SPF or DMARC "
                     "(needs authserv_id in posternd's configuration)");
  }
  add_patterns(adding);
  add_patterns(add("remove", "Take senders off the list", run_sender_remove));
  add("list", "Print the senders, a line each", run_sender_list)
      ->add_flag("--json", options.json, "Print a JSON array");
}

void add_rules_state(CLI::App& rules, Commands& all) {
  RulesStateOptions& options = all.rules_state;
  CLI::App* status = rules.add_subcommand(
      "status",
      "Say which rules posternd serves, and what is wrong with the files; status 65 then");
  add_state(*status, options.state, true);
  status->add_flag("--json", options.json, "Print a JSON object");
  status->callback([&all] { all.status = run_rules_status(all.rules_state); });
  CLI::App* rollback = rules.add_subcommand(
      "rollback",
      "Serve the last good set before the present one, at once and until the files change");
  add_state(*rollback, options.state, true);
  auto* list = rollback->add_flag("--list", options.list, "Print the sets that are kept");
  auto* undo = rollback->add_flag("--undo", options.undo, "Serve what the files say again");
  auto* to = rollback->add_option("--to", options.to, "Serve the set of this ID")->type_name("ID");
  auto* output = rollback
                     ->add_option("--output", options.output,
                                  "Change nothing; write the set's files into this folder")
                     ->type_name("DIR");
  list->excludes(undo)->excludes(to)->excludes(output);
  undo->excludes(to)->excludes(output);
  rollback->add_flag("--json", options.json, "With --list: print a JSON array");
  rollback->callback([&all] { all.status = run_rules_rollback(all.rules_state); });
}

void add_rules(CLI::App& app, Commands& all) {
  CLI::App* rules = app.add_subcommand("rules", "Check and test rule files");
  rules->require_subcommand(1);
  CLI::App* check = rules->add_subcommand(
      "check", "Say what is wrong, where and how to mend it; status 65 when a rule is left out");
  check->add_option("PATH", all.rules.paths, "Rule files or folders [the shipped rules]");
  check
      ->add_option("--mail", all.rules.mail,
                   "Also name rules that hit none or all of this mail; with an index, those that "
                   "speak for the wrong side")
      ->type_name("MAILDIR|INDEX");
  check->add_flag("--json", all.rules.json, "Print a JSON object");
  check->callback([&all] { all.status = run_rules_check(all.rules); });
  CLI::App* test = rules->add_subcommand("test", "Run the `test NAME ok|fail TEXT` lines");
  test->add_option("PATH", all.rules.paths, "Rule files or folders [the shipped rules]");
  test->add_flag("--json", all.rules.json, "Print a JSON object");
  test->callback([&all] { all.status = run_rules_test(all.rules); });
  add_what_if(*rules, all);
  add_score(*rules, all);
  add_rules_state(*rules, all);
  CLI::App* import = rules->add_subcommand(
      "import", "Report which regular expressions of SpamAssassin's rules run, and how");
  import->add_option("PATH", all.rules_import.paths, "Rule files or folders")->required();
  import->add_flag("--json", all.rules_import.json, "One JSON object on standard output");
  import->callback([&all] { all.status = run_rules_import(all.rules_import);
});
CLI::App* hits = rules->add_subcommand(
    "hits", "List all rules that hit each message, sub-rules and rules without score included");
hits->add_option("--mail", all.rules_hits.index, "Index: a line `spam|ham PATH` a message")
    ->required();
hits->add_flag("--json", all.rules_hits.json,
               "One JSON object a line: the names of all rules, then each message's hits");
hits->add_option("PATH", all.rules_hits.paths, "Rule files or folders")->required();
hits->callback([&all] { all.status = run_rules_hits(all.rules_hits); });
CLI::App* bench =
    rules->add_subcommand("bench", "What each rule costs on mail of yours, slowest first");
bench->add_option("--mail", all.rules_bench.mail, "Folder, Maildir, mbox or index of messages")
    ->required();
bench->add_option("--most", all.rules_bench.most, "Messages to run")->capture_default_str();
bench->add_option("--warm-up", all.rules_bench.warm_up, "Of these, run first and not counted")
    ->capture_default_str();
bench->add_option("--rows", all.rules_bench.rows, "Rules to print")->capture_default_str();
bench->add_option("PATH", all.rules_bench.paths, "Rule files or folders [the shipped rules]");
bench->callback([&all] { all.status = run_rules_bench(all.rules_bench); });
}  // namespace

CLI::App* add_user_command(CLI::App& user, Commands& all, const char* name, const char* help,
                           int (*run)(const UserOptions&), bool named = true) {
  CLI::App* command = user.add_subcommand(name, help);
  add_state(*command, all.user.state, true);
  if (named) command->add_option("NAME", all.user.name, "User name")->required();
  command->callback([&all, run] { all.status = run(all.user); });
  return command;
}

void add_app_password(CLI::App& user, Commands& all) {
  CLI::App* app = user.add_subcommand(
      "app-password", "Passwords beside the main one: one a device, each to be revoked alone");
  app->require_subcommand(1);
  const auto add_device = [&](CLI::App* command) {
    command->add_option("DEVICE", all.user.device, "The device's or program's name")->required();
  };
  CLI::App* add =
      add_user_command(*app, all, "add", "Make one, and print it once", run_app_password_add);
  add_device(add);
  add->add_flag("--recoverable", all.user.recoverable,
                "Keep it so that APOP and CRAM-MD5 work with it; says what that means");
  add_user_command(*app, all, "list",
                   "Print device, since, last seen (to the hour) and whether it is recoverable, "
                   "with tabs between",
                   run_app_password_list);
  add_device(add_user_command(*app, all, "revoke", "Take one back", run_app_password_revoke));
}

void add_user(CLI::App& app, Commands& all) {
  CLI::App* user = app.add_subcommand("user", "Manage who may log in to posternd");
  user->require_subcommand(1);
  const auto add_recoverable = [&](CLI::App* command) {
    command->add_flag(
        "--recoverable", all.user.recoverable,
        "Keep the password, encrypted, so that APOP and CRAM-MD5 work; says what that means");
  };
  add_recoverable(add_user_command(
      *user, all, "add", "Add a user; the password is asked for, or read from standard input",
      run_user_add));
  add_recoverable(add_user_command(*user, all, "passwd", "Change a password", run_user_passwd));
  add_user_command(*user, all, "remove", "Remove a user; mail is not touched", run_user_remove);
  add_user_command(*user, all, "list", "Print name<TAB>since, a line a user", run_user_list, false);
  add_app_password(*user, all);
  add_user_command(*user, all, "bans",
                   "Print addresses from which nobody may log in for a while: address, since, "
                   "until, why, with tabs between",
                   run_user_bans, false);
  CLI::App* unban = add_user_command(*user, all, "unban", "Lift a ban", run_user_unban, false);
  unban->add_option("ADDRESS", all.user.address, "As `bans` gives it")->required();
}

void add_tls(CLI::App& app, Commands& all) {
  CLI::App* tls = app.add_subcommand("tls", "The certificates that Postern makes for itself");
  tls->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*run_it)(const TlsOptions&)) {
    CLI::App* command = tls->add_subcommand(name, help);
    add_state(*command, all.tls.state, true);
    command->callback([&all, run_it] { all.status = run_it(all.tls); });
    return command;
  };
  CLI::App* init = add("init", "Make what is missing: authority and certificate", run_tls_init);
  init->add_option("--name", all.tls.names, "A name or address by which clients reach the server")
      ->allow_extra_args(false);
  init->add_flag("--force", all.tls.force, "Make both anew; clients must trust the new authority");
  CLI::App* show = add("show", "Names, ends and fingerprints of both", run_tls_show);
  show->add_flag("--json", all.tls.json, "Print a JSON object");
  add("trust", "Say, step by step, how to make a client trust the authority", run_tls_trust);
}

int run(int argc, char** argv) {
  CLI::App app{about, "postern"};
  app.require_subcommand(1);
  Commands all;
  add_train(app, all);
  add_forget(app, all);
  add_classify(app, all);
  add_label(app, all);
  add_eval(app, all);
  add_lessons(app, all);
  add_model(app, all);
  add_rules(app, all);
  all.block.list = SenderList::block;
  add_senders(app, all.allow, all, "allow", "Senders whose mail is ham for one user");
  add_senders(app, all.block, all, "block", "Senders whose mail is spam for one user");
  add_user(app, all);
  add_account_commands(app, all.account, all.status);
  add_tls(app, all);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Errc::usage);
  } catch (const std::exception& failure) {
    return fail({Errc::internal, std::string("our own fault: ") + failure.what()});
  }
  if (std::fflush(stdout) != 0) return fail({Errc::io, "cannot write to standard output"});
  return all.status;
}

}  // namespace postern
}  // namespace postern

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  return postern::run(argc, argv);
}
