// UpstreamPop3Inbox: the maildrop of another server, judged and labelled on the way (pass-through).
// Nothing is kept but verdicts, and sizes that the server says wrongly.
//
// A message is fetched when the client wants it, and the ones behind it are asked for in advance.
// UIDs are the other server's, so that clients who adopt or leave Postern fetch nothing again;
// where it has none, or the same one twice, they are made of the header. LIST is true because every
// label has the same width. Deletions are carried out at QUIT, and are done when the other server
// says so.
//
// A connection that was lost meanwhile (many servers hang up after a minute of silence) is made
// anew, and messages are found again by their UIDs.
//
// Thread rule: the coroutines and disconnect() on the session's thread, the rest on a worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/disk_inbox.h"
#include "server/inbox.h"
#include "server/upstream_session.h"

namespace postern {

class UpstreamPop3Inbox final : public Inbox {
 public:
  // What it needs of its surroundings; references must outlive it.
  struct Setting {
    const UpstreamServer& server;
    const UpstreamSession::Surroundings& surroundings;
    SaslCredentials credentials;  // to connect again
  };

  // An open session, and the UIDs of its messages.
  struct Maildrop {
    std::unique_ptr<UpstreamSession> session;
    std::vector<std::string> uids{};
  };
  // Connects, and makes UIDs where there are none.
  static boost::asio::awaitable<Result<Maildrop>> reach(const Setting& setting);

  // On a worker. `index` names what the store knows of the maildrop's sizes.
  UpstreamPop3Inbox(Setting setting, Maildrop maildrop, DiskInbox::Setting judging,
                    std::unique_ptr<MessageIndex> sizes, std::shared_ptr<postern::Maildrop> shared);
  ~UpstreamPop3Inbox() override;

  std::span<const Entry> entries() const override { return labelled_->entries(); }
  Result<Octets> fetch(std::size_t index) override;
  Result<void> commit(std::span<const std::size_t> deleted) override;
  boost::asio::awaitable<Result<Octets>> async_fetch(std::size_t index,
                                                     WorkerPool& workers) override;
  boost::asio::awaitable<Result<void>> async_commit(std::span<const std::size_t> deleted,
                                                    WorkerPool& workers) override;
  void disconnect() override;

 private:
  class Fetched;

  boost::asio::awaitable<Result<void>> reconnect();
  boost::asio::awaitable<Result<Blob>> retrieve(std::size_t index);
  boost::asio::awaitable<Result<void>> remove(std::span<const std::size_t> deleted);
  void foresee_after(std::size_t index);

  const Setting setting_;
  std::unique_ptr<UpstreamSession> session_;
  // Where a message stands in the session of the moment; npos: nowhere any more.
  std::vector<std::size_t> places_;
  std::optional<std::size_t> last_;  // fetched before this one
  Fetched* fetched_ = nullptr;       // owned by labelled_
  std::unique_ptr<DiskInbox> labelled_;
};

}  // namespace postern
