#include "server/upstream_pop3.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <unordered_map>

#include "base/ascii.h"
#include "base/crypto.h"

namespace postern {
namespace {

namespace asio = boost::asio;

constexpr std::size_t nowhere = std::string::npos;

// So much is asked for in advance, in messages and in octets.
constexpr std::size_t foreseen_messages = 8;
constexpr std::uint64_t foreseen_octets = 256 * 1024;

// For a message that the server gives no UID of its own: of its header, so that it stays the same.
std::string made_uid(const Blob& header, unsigned ordinal) {
  std::string uid = "P" + to_hex(sha256(header.view())).substr(0, 40);
  if (ordinal > 0) uid += "-" + std::to_string(ordinal);
  return uid;
}

// A peer that breaks the protocol today may be mended tomorrow.
Error as_temporary(const Error& error) {
  return error.kind() == Errc::bad_data ? Error(Errc::unavailable, error.detail) : error;
}

}  // namespace

// What was fetched, as a mailbox; and what the server says wrongly of sizes.
class UpstreamPop3Inbox::Fetched final : public Mailbox {
 public:
  Fetched(std::span<const Entry> listed, const std::vector<std::string>& uids,
          std::unique_ptr<MessageIndex> sizes)
      : listed_(listed.begin(), listed.end()), sizes_(std::move(sizes)) {
    for (std::size_t i = 0; i < listed_.size(); ++i) listed_[i].uid = uids[i];
    entries_ = listed_;
    correct_sizes();
  }
  ~Fetched() override {
    // A size that is not remembered is wrong again the next time; no mail is at stake.
    if (!wrong_.empty()) (void)sizes_->update(wrong_, {});
  }

  std::span<const Entry> entries() const override { return entries_; }
  Result<Blob> read(std::size_t index) override {
    if (index == at_) return message_;
    return Error(Errc::internal, "the message was not fetched");
  }
  // The other server has removed them; all that is left of them is what we know.
  Result<void> remove(std::span<const std::size_t> indexes) override {
    std::vector<std::string> keys;
    for (const std::size_t index : indexes) {
      if (corrected_[index]) keys.push_back(entries_[index].uid);
    }
    if (keys.empty()) return {};
    return sizes_->update({}, keys);
  }

  bool has(std::size_t index) const { return index == at_; }
  void put(std::size_t index, Blob message) {
    at_ = index;
    message_ = std::move(message);
    const std::uint64_t size = wire_size(message_.view());
    if (size == entries_[index].size || corrected_[index]) return;
    corrected_[index] = true;
    wrong_.push_back({listed_[index].uid, listed_[index].uid, size, listed_[index].size});
  }

 private:
  // Servers that count wrongly do so each time; what RETR gave counts from the next session on.
  void correct_sizes() {
    corrected_.assign(entries_.size(), false);
    const auto known = sizes_->load();
    if (!known || known->empty()) return;
    std::unordered_map<std::string_view, const IndexedMessage*> by_uid;
    for (const IndexedMessage& one : *known) by_uid.emplace(one.uid, &one);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const auto found = by_uid.find(entries_[i].uid);
      if (found == by_uid.end() || found->second->stored_size != entries_[i].size) continue;
      entries_[i].size = found->second->size;
      corrected_[i] = true;
    }
  }

  std::vector<Entry> listed_;   // sizes as the server says them
  std::vector<Entry> entries_;  // and as they are
  std::vector<bool> corrected_;
  std::vector<IndexedMessage> wrong_;  // to be remembered
  const std::unique_ptr<MessageIndex> sizes_;
  std::size_t at_ = nowhere;
  Blob message_;
};

asio::awaitable<Result<UpstreamPop3Inbox::Maildrop>> UpstreamPop3Inbox::reach(
    const Setting& setting) {
  SaslCredentials credentials = setting.credentials;
  Result<std::unique_ptr<UpstreamSession>> opened =
      co_await UpstreamSession::open(setting.server, setting.surroundings, std::move(credentials));
  if (!opened) co_return as_temporary(opened.error());
  Maildrop maildrop{std::move(*opened)};
  UpstreamSession& session = *maildrop.session;
  const std::span<const Entry> entries = session.entries();
  std::unordered_map<std::string, unsigned> seen;  // and how often
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string uid = entries[i].uid;
    if (uid.empty() || seen[uid]++ > 0) {
      const Result<Blob> header = co_await session.top(i, 0);
      if (!header) co_return as_temporary(header.error());
      const unsigned ordinal = seen[made_uid(*header, 0)]++;
      uid = made_uid(*header, ordinal);
    }
    maildrop.uids.push_back(std::move(uid));
  }
  co_return maildrop;
}

UpstreamPop3Inbox::UpstreamPop3Inbox(Setting setting, Maildrop maildrop, DiskInbox::Setting judging,
                                     std::unique_ptr<MessageIndex> sizes,
                                     std::shared_ptr<postern::Maildrop> shared)
    : setting_(std::move(setting)), session_(std::move(maildrop.session)) {
  auto fetched = std::make_unique<Fetched>(session_->entries(), maildrop.uids, std::move(sizes));
  fetched_ = fetched.get();
  places_.resize(maildrop.uids.size());
  for (std::size_t i = 0; i < places_.size(); ++i) places_[i] = i;
  labelled_ =
      std::make_unique<DiskInbox>(std::move(judging), std::move(fetched), std::move(shared));
}

UpstreamPop3Inbox::~UpstreamPop3Inbox() = default;

void UpstreamPop3Inbox::disconnect() { session_.reset(); }

Result<Octets> UpstreamPop3Inbox::fetch(std::size_t index) { return labelled_->fetch(index); }

Result<void> UpstreamPop3Inbox::commit(std::span<const std::size_t> deleted) {
  return labelled_->commit(deleted);
}

asio::awaitable<Result<void>> UpstreamPop3Inbox::reconnect() {
  if (session_ && session_->usable()) co_return Result<void>();
  session_.reset();
  Result<Maildrop> again = co_await reach(setting_);
  if (!again) co_return again.error();
  session_ = std::move(again->session);
  std::unordered_map<std::string_view, std::size_t> by_uid;
  for (std::size_t i = 0; i < again->uids.size(); ++i) by_uid.emplace(again->uids[i], i);
  const std::span<const Entry> entries = fetched_->entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto found = by_uid.find(entries[i].uid);
    places_[i] = found == by_uid.end() ? nowhere : found->second;
  }
  co_return Result<void>();
}

// Clients mostly read from the first to the last; two in a row are taken for that.
void UpstreamPop3Inbox::foresee_after(std::size_t index) {
  const bool in_order = index == 0 || last_ == index - 1;
  last_ = index;
  // Asked for several at a time, because each write costs a system call.
  if (!in_order || session_->outstanding() > foreseen_messages / 2) return;
  std::uint64_t octets = 0;
  const std::span<const Entry> entries = fetched_->entries();
  for (std::size_t i = index + 1; i < entries.size() && i <= index + foreseen_messages; ++i) {
    octets += entries[i].size;
    if (octets > foreseen_octets || places_[i] == nowhere) return;
    if (!session_->foreseen(places_[i])) session_->foresee(places_[i]);
  }
}

asio::awaitable<Result<Blob>> UpstreamPop3Inbox::retrieve(std::size_t index) {
  std::optional<Error> failed;
  // The first failure may only mean that the server hung up while the client was silent.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Result<void> connected = co_await reconnect();
    if (!connected) co_return connected.error();
    if (places_[index] == nowhere) {
      co_return Error(Errc::unavailable, "somebody else has removed the message");
    }
    if (!session_->foreseen(places_[index])) session_->foresee(places_[index]);
    foresee_after(index);
    Result<Blob> message = co_await session_->retrieve(places_[index]);
    if (message) co_return message;
    failed = as_temporary(message.error());
    if (session_->usable()) break;
  }
  co_return *failed;
}

asio::awaitable<Result<Octets>> UpstreamPop3Inbox::async_fetch(std::size_t index,
                                                               WorkerPool& workers) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  std::optional<Blob> message;
  if (!fetched_->has(index)) {
    Result<Blob> retrieved = co_await retrieve(index);
    if (!retrieved) co_return retrieved.error();
    message = std::move(*retrieved);
  }
  co_await workers.enter();
  if (message) fetched_->put(index, std::move(*message));
  Result<Octets> labelled = labelled_->fetch(index);
  co_await resume_on(home);
  co_return labelled;
}

asio::awaitable<Result<void>> UpstreamPop3Inbox::remove(std::span<const std::size_t> deleted) {
  std::optional<Error> failed;
  // A connection that is lost before the server has answered QUIT leaves open whether it has
  // removed them: another one shows.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Result<void> connected = co_await reconnect();
    if (!connected) co_return connected.error();
    std::vector<std::size_t> places;
    for (const std::size_t index : deleted) {
      if (places_[index] != nowhere) places.push_back(places_[index]);
    }
    const Result<void> done = co_await session_->finish(places);
    if (done) co_return Result<void>();
    failed = as_temporary(done.error());
    session_.reset();
  }
  co_return *failed;
}

asio::awaitable<Result<void>> UpstreamPop3Inbox::async_commit(std::span<const std::size_t> deleted,
                                                              WorkerPool& workers) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  Result<void> removed;
  const bool only_bye = deleted.empty();
  // Without deletions there is nothing to make sure of.
  if (only_bye && session_ && session_->usable()) (void)co_await session_->finish(deleted);
  if (!only_bye) removed = co_await remove(deleted);
  if (!removed) co_return removed;
  co_await workers.enter();
  Result<void> done = labelled_->commit(deleted);
  co_await resume_on(home);
  co_return done;
}

}  // namespace postern
