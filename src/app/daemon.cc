#include "app/daemon.h"

#include <algorithm>
#include <thread>

#include "app/account_servers.h"
#include "app/file_watch.h"
#include "app/installation.h"
#include "app/rule_keeper.h"
#include "app/service_manager.h"
#include "app/tls_files.h"
#include "base/file.h"
#include "server/accounts.h"
#include "server/pop3_server.h"
#include "server/scan_service.h"
#include "server/spooled_users.h"
#include "server/upstream_accounts.h"

namespace postern {
namespace {

std::size_t thread_count(const Config& config) {
  return config.threads != 0 ? config.threads : std::max(1u, std::thread::hardware_concurrency());
}

Pop3SessionOptions session_options(const Config& config) {
  Pop3SessionOptions options;
  options.engine.bad_commands_limit = config.bad_commands_limit;
  options.engine.failed_logins_limit = config.failed_logins_limit;
  options.engine.login_delay = static_cast<std::uint64_t>(config.login_delay.count());
  options.engine.refuse_utf8_headers = config.refuse_utf8_headers;
  if (config.map_nuls) options.engine.nul_replacement = '\x80';
  options.clear_text_login = config.clear_text_login;
  options.trusted_proxies = config.trusted_proxies;
  options.login_timeout = config.login_timeout;
  options.idle_timeout = config.idle_timeout;
  options.write_timeout = config.write_timeout;
  options.failed_login_delay = config.failed_login_delay;
  return options;
}

JudgementFiles judgement_files(const Config& config) {
  return {config.rules, config.base_model, config.site_model, config.policy, config.ham_loss};
}

LoginGuard::Setting guard_setting(const Config& config, const Logger& logger) {
  LoginGuard::Setting setting;
  setting.ban_after = config.ban_after;
  setting.ban_time = config.ban_time;
  setting.clock = system_clock();
  setting.logger = logger;
  return setting;
}

UpstreamAccounts::Setting upstream_setting(const Config& config, const StateFolder& state,
                                           std::vector<UpstreamServer> servers,
                                           const Logger& logger) {
  UpstreamAccounts::Setting setting;
  setting.servers = std::move(servers);
  setting.dialling.allowed = config.upstream_networks;
  setting.folder = state.temporary();
  setting.authserv_ids = config.authserv_ids;
  setting.login_delay = config.login_delay;
  setting.add_separator = config.add_separator;
  setting.clock = system_clock();
  setting.logger = logger;
  return setting;
}

SpoolService::Setting spool_setting(const Config& config, const StateFolder& state,
                                    AccountServers& servers, const Logger& logger) {
  SpoolService::Setting setting;
  setting.dialling.allowed = config.upstream_networks;
  setting.folder = state.spool();
  setting.temporary = state.temporary();
  setting.key_file = state.secret_key();
  setting.server_of = [&servers](const StoredAccount& one) { return servers.server_of(one); };
  setting.authserv_ids = config.authserv_ids;
  setting.keep = config.keep_deleted;
  setting.schedule.most_at_a_time = config.polls_at_a_time;
  setting.clock = system_clock();
  setting.logger = logger;
  return setting;
}

Accounts::Setting accounts_setting(const Config& config, const StateFolder& state,
                                   std::function<void(std::uint64_t)> wake, const Logger& logger) {
  Accounts::Setting setting;
  setting.maildir_pattern = config.maildir;
  setting.authentication = {config.login_cache, config.passwd_file, state.secret_key(),
                            system_clock(), logger};
  setting.authserv_ids = config.authserv_ids;
  setting.shared_maildrops = config.shared_maildrops;
  setting.login_delay = config.login_delay;
  setting.add_separator = config.add_separator;
  setting.spool = state.spool();
  setting.on_spool_removed = std::move(wake);
  return setting;
}

}  // namespace

Result<void> check_mail_source(const Config& config) {
  if (!config.maildir.empty() || !config.upstreams.empty()) return {};
  const StateFolder state(config.state);
  if (is_file(state.database())) {
    const auto store = state.open_store();
    if (!store) return store.error();
    const auto accounts = (*store)->list_accounts();
    if (!accounts) return accounts.error();
    if (!accounts->empty()) return {};
  }
  return Error(Errc::configuration,
               "no maildir is given: say where mail lies, for example "
               "--maildir '/home/%u/Maildir' or maildir = \"/home/%u/Maildir\" in the file, "
               "or which server has it: --upstream pop3s://pop.example.org, or `postern account "
               "add`");
}

struct Daemon::Impl {
  Impl(const Config& c, const Logger& l, std::unique_ptr<StateStore> s,
       const std::vector<Pop3Address>& addresses, std::vector<UpstreamServer> upstream_servers)
      : store(std::move(s)),
        state(c.state),
        rules({judgement_files(c), c.authserv_ids, system_clock(), l}, state, *store),
        scan_service(
            [this, c] { return build_scanner(state, *store, judgement_files(c), rules.current()); },
            state.personal_model(), l),
        accounts(accounts_setting(
                     c, state, [this](std::uint64_t account) { spool.wake(account); }, l),
                 *store, scan_service),
        workers(thread_count(c)),
        account_servers(c.upstream_timeout),
        spool(spool_setting(c, state, account_servers, l), *store, scan_service, workers),
        upstreams(upstream_setting(c, state, std::move(upstream_servers), l), *store, scan_service,
                  workers, c.maildir.empty() ? nullptr : &accounts),
        spooled_users(spool, accounts, upstreams),
        tls([this, c, l] { return prepare_tls(c.tls, state, l); }, system_clock(), l),
        guard(guard_setting(c, l), *store),
        connections(c.max_connections_per_address),
        service{session_options(c), provider(c), workers, l, &tls, &guard, &connections},
        server({addresses, thread_count(c), c.max_connections}, service) {}

  // In the order of dependence: what is destroyed first uses what is destroyed later.
  std::unique_ptr<StateStore> store;
  StateFolder state;
  RuleKeeper rules;
  ScanService scan_service;
  Accounts accounts;
  WorkerPool workers;
  AccountServers account_servers;
  SpoolService spool;
  UpstreamAccounts upstreams;
  SpooledUsers spooled_users;
  TlsService tls;
  LoginGuard guard;
  ConnectionLimit connections;
  Pop3Service service;
  Pop3Server server;
  std::unique_ptr<FileWatch> watch;  // null: only SIGHUP reads rules again

  InboxProvider& provider(const Config& c) {
    return c.upstreams.empty() ? static_cast<InboxProvider&>(accounts) : spooled_users;
  }

  // Called on the watch's thread.
  void on_rule_files() {
    const Result<bool> changed = rules.refresh();
    if (changed && *changed) (void)scan_service.reload();
  }

  void watch_rules(const Logger& logger) {
    auto started =
        FileWatch::start([this] { return rules.watched(); }, [this] { on_rule_files(); });
    if (!started) {
      logger.warning("rules-not-watched", {{"why", started.error().detail}, {"instead", "SIGHUP"}});
      return;
    }
    watch = std::move(*started);
    on_rule_files();  // what changed since they were read
  }
};

Daemon::Daemon() = default;

Daemon::~Daemon() {
  if (impl_) stop();
}

Result<std::unique_ptr<Daemon>> Daemon::start(const Config& config, const Logger& logger) {
  auto upstream_servers = load_upstreams(config);
  if (!upstream_servers) return upstream_servers.error();
  // Ports below 1024 need root, and nothing that follows does.
  const auto addresses = open_addresses(config);
  if (!addresses) return addresses.error();
  if (!config.run_as.empty()) {
    const Result<void> became = become_user(config.run_as, config.state);
    if (!became) return became.error();
  }
  hide_memory();
  const Result<void> sourced = check_mail_source(config);
  if (!sourced) return sourced.error();
  Result<std::unique_ptr<StateStore>> store = StateFolder(config.state).open_store();
  if (!store) return store.error();
  auto daemon = std::unique_ptr<Daemon>(new Daemon());
  daemon->impl_ = std::make_unique<Impl>(config, logger, std::move(*store), *addresses,
                                         std::move(*upstream_servers));
  daemon->addresses_ = *addresses;
  const Result<bool> ruled = daemon->impl_->rules.refresh();
  if (!ruled) return ruled.error();
  const Result<void> loaded = daemon->impl_->scan_service.reload();
  if (!loaded) return loaded.error();
  const Result<void> secured = daemon->impl_->tls.reload();
  if (!secured) return secured.error();
  const std::string hint = missing_name_hint(config);
  if (!hint.empty()) logger.warning("certificate-hint", {{"what", hint}});
  const Result<void> polling = daemon->impl_->spool.start();
  if (!polling) return polling.error();
  const Result<void> started = daemon->impl_->server.start();
  if (!started) return started.error();
  daemon->impl_->watch_rules(logger);
  return daemon;
}

// Failures are logged, and the last good set goes on serving.
void Daemon::reload() {
  (void)impl_->rules.refresh();
  (void)impl_->scan_service.reload();
  (void)impl_->tls.reload();
}

void Daemon::refresh() { impl_->tls.refresh(); }

void Daemon::stop() {
  impl_->watch.reset();
  // No session shall wait for what comes over the network.
  impl_->upstreams.close_connections();
  impl_->spool.stop();
  impl_->server.stop();
  impl_->workers.join();
}

}  // namespace postern
