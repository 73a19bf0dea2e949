// The commands of `postern`: each takes its options, prints data on standard output and messages
// on standard error, and gives an exit status (sysexits). main.cc turns arguments into options.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/installation.h"
#include "base/mail_class.h"
#include "base/result.h"
#include "filter/preferences.h"

namespace postern {

// Prints "postern: ..." on standard error and gives the error's exit status.
int fail(const Error& error);

struct TrainOptions {
  std::string state;
  std::string base_model;
  std::string site_model;
  std::optional<MailClass> taught;  // of the paths; an index says it itself
  std::vector<std::string> paths;
  std::string index;
  bool on_error = false;  // teach only what is judged wrong or unsure
};
int run_train(const TrainOptions& options);

struct ForgetOptions {
  std::string state;
  std::string base_model;
  std::string site_model;
  std::vector<std::string> paths;
};
int run_forget(const ForgetOptions& options);

struct ClassifyOptions {
  std::string state;  // empty: no personal lessons
  std::string user;   // whose allow and block lists and scores count; empty: nobody's
  JudgementFiles judgement;
  bool explain = false;
  bool json = false;
  std::vector<std::string> paths;
};
int run_classify(const ClassifyOptions& options);

struct LabelOptions {
  std::string state;
  std::string user;  // as for classify
  JudgementFiles judgement;
};
int run_label(const LabelOptions& options);

struct EvalOptions {
  std::string protocol = "online";
  std::vector<std::string> indexes;
  std::string state;
  std::string base_model;
  std::string site_model;
  std::vector<std::string> rules;  // judge too; "shipped" is the folder that comes along
  std::string scores;
  std::uint64_t delay = 100;
  double flip = 0;
  std::uint64_t seed = 1;
  std::size_t orders = 1;
  std::size_t clump = 0;  // wrong lessons of the clump experiment; 0 runs the protocol
  bool strip = false;
  std::string plot;
  bool json = false;
};
int run_eval(const EvalOptions& options);

struct ModelOptions {
  std::string state;
  std::string base_model;
  std::string site_model;
  std::string file;               // info: instead of the state; import: what to read
  std::string output;             // export, rebuild
  std::string until;              // rebuild: a day
  std::string from;               // import: the filter that wrote the file; empty: we
  std::vector<std::string> mail;  // import: where to look words up
  std::vector<std::string> spam_buckets = {"spam"};  // import: of POPFile
  bool json = false;
};
int run_model_info(const ModelOptions& options);
int run_model_rebuild(const ModelOptions& options);
int run_model_export(const ModelOptions& options);
int run_model_import(const ModelOptions& options);
int run_model_import_foreign(const ModelOptions& options);

struct ModelBuildOptions {
  std::string base_model;
  std::string site_model;
  std::string output;
  std::vector<std::string> indexes;
  std::vector<std::string> spam, ham;     // paths of messages
  std::vector<std::string> lesson_files;  // of `model export`
};
int run_model_build(const ModelBuildOptions& options);

struct LessonsOptions {
  std::string state;
  std::string base_model;
  std::string site_model;
  std::vector<std::uint64_t> numbers;  // show, undo
  bool json = false;
};
int run_lessons_list(const LessonsOptions& options);
int run_lessons_show(const LessonsOptions& options);
int run_lessons_undo(const LessonsOptions& options);
int run_lessons_review(const LessonsOptions& options);

struct RulesOptions {
  std::vector<std::string> paths;  // empty: the shipped rules
  std::string mail;                // check: a folder, Maildir, mbox or index; empty: none
  bool json = false;
};
int run_rules_check(const RulesOptions& options);
int run_rules_test(const RulesOptions& options);

struct RulesStateOptions {
  std::string state;
  bool list = false;   // rollback: say what is there
  bool undo = false;   // rollback: back to what the files say
  std::string to;      // rollback: this set; empty: the one before the present one
  std::string output;  // rollback: write the set's files into this folder instead
  bool json = false;
};
int run_rules_status(const RulesStateOptions& options);
int run_rules_rollback(const RulesStateOptions& options);

struct RulesWhatIfOptions {
  std::string state;
  std::vector<std::string> paths;
  std::string mail;
  std::string user;
  bool instead = false;  // `paths` are all the rules
  bool json = false;
};
int run_rules_what_if(const RulesWhatIfOptions& options);

struct RulesScoreOptions {
  std::string state;
  std::string user;
  std::string rule;  // empty: list
  std::string points;
  bool remove = false;
  bool json = false;
};
int run_rules_score(const RulesScoreOptions& options);

struct SenderOptions {
  std::string state;
  SenderList list = SenderList::allow;
  std::string user;
  std::vector<std::string> patterns;
  bool authenticated = false;
  bool json = false;
};
int run_sender_add(const SenderOptions& options);
int run_sender_remove(const SenderOptions& options);
int run_sender_list(const SenderOptions& options);

struct RulesImportOptions {
  std::vector<std::string> paths;
  bool json = false;
};
int run_rules_import(const RulesImportOptions& options);

struct RulesHitsOptions {
  std::vector<std::string> paths;
  std::string index;  // of messages
  bool json = false;
};
int run_rules_hits(const RulesHitsOptions& options);

struct RulesBenchOptions {
  std::vector<std::string> paths;  // empty: the shipped rules
  std::string mail;                // a folder of messages, a Maildir, an mbox, or an index
  std::uint64_t most = 2000;       // messages
  std::uint64_t warm_up = 0;       // of these, run first and not counted
  std::uint64_t rows = 40;
};
int run_rules_bench(const RulesBenchOptions& options);

struct UserOptions {
  std::string state;
  std::string name;
  bool recoverable = false;  // add, passwd, app-password add
  std::string device;        // app-password
  std::string address;       // unban
};
int run_user_add(const UserOptions& options);
int run_user_passwd(const UserOptions& options);
int run_user_remove(const UserOptions& options);
int run_user_list(const UserOptions& options);
int run_app_password_add(const UserOptions& options);
int run_app_password_list(const UserOptions& options);
int run_app_password_revoke(const UserOptions& options);
int run_user_bans(const UserOptions& options);
int run_user_unban(const UserOptions& options);

// The key that seals passwords for --recoverable, said what that means; empty without.
Result<std::string> recovery_key(const UserOptions& options);

struct TlsOptions {
  std::string state;
  std::vector<std::string> names;  // init
  bool force = false;              // init
  bool json = false;               // show
};
int run_tls_init(const TlsOptions& options);
int run_tls_show(const TlsOptions& options);
int run_tls_trust(const TlsOptions& options);

}  // namespace postern
