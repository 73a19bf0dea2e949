// MemoryStore, the part of it that keeps accounts at providers.
#include <algorithm>

#include "state/memory_store.h"

namespace postern {
namespace {

Error no_such_account(std::string_view name) {
  return {Errc::no_user, "there is no account '" + std::string(name) + "'"};
}

}  // namespace

MemoryStore::Account* MemoryStore::account_with(std::uint64_t id) {
  for (auto& [name, account] : accounts_) {
    if (account.stored.id == id) return &account;
  }
  return nullptr;
}

Result<std::uint64_t> MemoryStore::add_account(const StoredAccount& account) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, known] : accounts_) {
    if (name == account.name || known.stored.user == account.user) {
      return Error(Errc::bad_data, "there is an account '" + name + "' of the user '" +
                                       known.stored.user + "' already");
    }
  }
  Account& added = accounts_[account.name];
  added.stored = account;
  added.stored.id = next_account_++;
  return added.stored.id;
}

Result<void> MemoryStore::remove_account(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(name);
  if (found == accounts_.end()) return no_such_account(name);
  accounts_.erase(found);
  return {};
}

Result<void> MemoryStore::set_account_state(std::string_view name, AccountState state) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(name);
  if (found == accounts_.end()) return no_such_account(name);
  found->second.stored.state = state;
  return {};
}

Result<void> MemoryStore::set_account_secret(std::string_view name, std::string_view sealed) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(name);
  if (found == accounts_.end()) return no_such_account(name);
  found->second.stored.sealed_secret = sealed;
  return {};
}

Result<std::optional<StoredAccount>> MemoryStore::find_account(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(name);
  if (found == accounts_.end()) return std::optional<StoredAccount>();
  return std::optional<StoredAccount>(found->second.stored);
}

Result<std::optional<StoredAccount>> MemoryStore::account_of_user(std::string_view user) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, account] : accounts_) {
    if (account.stored.user == user) return std::optional<StoredAccount>(account.stored);
  }
  return std::optional<StoredAccount>();
}

Result<std::vector<StoredAccount>> MemoryStore::list_accounts() {
  const std::lock_guard lock(mutex_);
  std::vector<StoredAccount> accounts;
  for (const auto& [name, account] : accounts_) accounts.push_back(account.stored);
  return accounts;
}

Result<void> MemoryStore::note_account_poll(std::uint64_t account, const AccountPoll& poll) {
  const std::lock_guard lock(mutex_);
  Account* const found = account_with(account);
  if (found == nullptr) return {};
  found->stored.last_poll = poll.time;
  found->stored.last_error = poll.error;
  found->stored.waiting = poll.waiting;
  if (poll.error.empty()) found->stored.last_success = poll.time;
  return {};
}

Result<std::vector<SpooledMessage>> MemoryStore::load_spool(std::uint64_t account,
                                                            SpoolStates states) {
  const std::lock_guard lock(mutex_);
  std::vector<SpooledMessage> messages;
  const Account* const found = account_with(account);
  if (found == nullptr) return messages;
  std::copy_if(found->spool.begin(), found->spool.end(), std::back_inserter(messages),
               [&](const SpooledMessage& one) { return states.contains(one.state); });
  return messages;
}

Result<void> MemoryStore::add_spooled(std::uint64_t account,
                                      std::span<const SpooledMessage> messages) {
  const std::lock_guard lock(mutex_);
  Account* const found = account_with(account);
  if (found == nullptr) return no_such_account(std::to_string(account));
  std::vector<SpooledMessage> spool = found->spool;
  for (const SpooledMessage& one : messages) {
    const bool taken = std::any_of(spool.begin(), spool.end(), [&](const SpooledMessage& known) {
      return known.uid == one.uid;
    });
    if (taken) return Error(Errc::bad_data, "the UID " + one.uid + " is spooled already");
    spool.push_back(one);
  }
  found->stored.seen += messages.size();
  found->spool = std::move(spool);
  return {};
}

Result<std::uint64_t> MemoryStore::change_spool(std::uint64_t account,
                                                std::span<const SpoolChange> changes) {
  const std::lock_guard lock(mutex_);
  Account* const found = account_with(account);
  if (found == nullptr) return std::uint64_t{0};
  std::uint64_t taken = 0;
  for (const SpoolChange& change : changes) {
    for (SpooledMessage& one : found->spool) {
      if (one.uid != change.uid || !change.from.contains(one.state)) continue;
      one.state = change.to;
      one.time = change.time;
      if (change.there) one.there = *change.there;
      ++taken;
    }
  }
  return taken;
}

}  // namespace postern
