// The server on real loopback sockets, over maildrops in memory.
#include "server/pop3_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

namespace postern {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// More than any socket's buffers hold.
Octets large_message() { return {"A: b\r\n\r\n", Blob::own(std::string(64 << 20, 'x')), 0}; }

// Users "a", "b", ... with password "p" and one message; notes what is committed.
class FakeProvider final : public InboxProvider {
 public:
  Result<ScramCandidates> scram_keys(std::string_view, ScramHash) override {
    return ScramCandidates{};
  }
  Result<std::unique_ptr<Inbox>> open(const LoginRequest& request) override {
    const std::string& user = request.user;
    const std::string& password = std::get<PasswordProof>(request.proof).password;
    if (password == "explode") throw std::runtime_error("a bug");
    if (password != "p") return Error(Errc::authentication, "wrong");
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!open_.insert(std::string(user)).second) return Error(Errc::busy, "open");
    return std::unique_ptr<Inbox>(std::make_unique<FakeInbox>(*this, std::string(user)));
  }

  // What users "slow..." wait for when they retrieve.
  void let_disk_answer() { answers_.set_value(); }

  std::vector<std::string> committed() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return committed_;
  }

 private:
  class FakeInbox final : public Inbox {
   public:
    FakeInbox(FakeProvider& provider, std::string user)
        : provider_(provider), user_(std::move(user)) {}
    ~FakeInbox() override {
      const std::lock_guard<std::mutex> lock(provider_.mutex_);
      provider_.open_.erase(user_);
    }
    std::span<const Entry> entries() const override { return entries_; }
    Result<Octets> fetch(std::size_t) override {
      if (user_.starts_with("slow")) provider_.disk_.wait();
      if (user_ == "large") return large_message();
      return Octets{"A: b\r\n\r\n", Blob::copy("x\n"), 0};
    }
    Result<void> commit(std::span<const std::size_t> deleted) override {
      const std::lock_guard<std::mutex> lock(provider_.mutex_);
      provider_.committed_.push_back(user_ + ":" + std::to_string(deleted.size()));
      return {};
    }

   private:
    FakeProvider& provider_;
    const std::string user_;
    const std::vector<Entry> entries_{{"uid", 11}};
  };

  std::promise<void> answers_;
  const std::shared_future<void> disk_ = answers_.get_future().share();
  std::mutex mutex_;
  std::set<std::string> open_;
  std::vector<std::string> committed_;
};

class Client {
 public:
  explicit Client(const ListenAddress& address) : socket_(context_) {
    socket_.connect(address.endpoint);
  }
  std::string line() {
    boost::system::error_code code;
    asio::read_until(socket_, asio::dynamic_buffer(buffer_), "\r\n", code);
    if (code) return "";
    const std::size_t end = buffer_.find("\r\n");
    const std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
  }
  void send(const std::string& command) { asio::write(socket_, asio::buffer(command + "\r\n")); }
  std::string say(const std::string& command) {
    send(command);
    return line();
  }
  void log_in(const std::string& user) {
    EXPECT_THAT(line(), StartsWith("+OK"));
    say("USER " + user);
    EXPECT_THAT(say("PASS p"), StartsWith("+OK"));
  }

 private:
  asio::io_context context_;
  tcp::socket socket_;
  std::string buffer_;
};

class Pop3ServerTest : public ::testing::Test {
 protected:
  Pop3ServerTest() {
    service_.options.failed_login_delay = std::chrono::milliseconds(1);
    EXPECT_TRUE(server_.start());
  }
  ~Pop3ServerTest() override {
    server_.stop();
    workers_.join();
  }
  ListenAddress address() { return server_.addresses().front(); }

  std::mutex mutex_;
  std::string log_;
  std::condition_variable logged_;
  Logger logger_{LogLevel::info, [this](LogLevel, std::string_view line) {
                   const std::lock_guard<std::mutex> lock(mutex_);
                   log_ += std::string(line) + "\n";
                   logged_.notify_all();
                 }};
  std::string log_with(std::string_view wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    logged_.wait(lock, [&] { return log_.find(wanted) != std::string::npos; });
    return log_;
  }
  FakeProvider provider_;
  WorkerPool workers_{2};
  Pop3Service service_{{}, provider_, workers_, logger_};
  Pop3Server server_{{{{*ListenAddress::parse("127.0.0.1:0")}}, 2, 5}, service_};
};

TEST_F(Pop3ServerTest, ServesAWholeSession) {
  Client client(address());
  client.log_in("a");
  EXPECT_EQ(client.say("STAT"), "+OK 1 11");
  EXPECT_THAT(client.say("RETR 1"), StartsWith("+OK"));
  for (const char* line : {"A: b", "", "x", "."}) EXPECT_EQ(client.line(), line);
  client.say("DELE 1");
  EXPECT_THAT(client.say("QUIT"), StartsWith("+OK"));
  EXPECT_EQ(client.line(), "");
  EXPECT_THAT(provider_.committed(), ElementsAre("a:1"));
}

TEST_F(Pop3ServerTest, ServesSeveralClientsAndLocksMaildrops) {
  Client first(address());
  Client second(address());
  first.log_in("a");
  second.log_in("b");
  Client third(address());
  third.line();
  third.say("USER a");
  EXPECT_THAT(third.say("PASS p"), StartsWith("-ERR [IN-USE]"));
  EXPECT_EQ(first.say("NOOP"), "+OK");
  EXPECT_THAT(first.say("QUIT"), StartsWith("+OK"));
  // The answer to QUIT comes after the lock is gone.
  third.say("USER a");
  EXPECT_THAT(third.say("PASS p"), StartsWith("+OK"));
}

TEST_F(Pop3ServerTest, NothingIsDeletedWithoutQuit) {
  {
    Client client(address());
    client.log_in("a");
    client.say("DELE 1");
  }
  server_.stop();
  EXPECT_TRUE(provider_.committed().empty());
}

TEST_F(Pop3ServerTest, StopEndsSessionsThatAreUnderWay) {
  Client client(address());
  client.log_in("a");
  client.say("DELE 1");
  server_.stop();
  EXPECT_EQ(client.line(), "");
  EXPECT_TRUE(provider_.committed().empty());
}

TEST_F(Pop3ServerTest, AnExceptionEndsOneSessionOnly) {
  Client good(address());
  good.log_in("a");
  Client bad(address());
  bad.line();
  bad.say("USER b");
  EXPECT_EQ(bad.say("PASS explode"), "");
  EXPECT_EQ(good.say("NOOP"), "+OK");
  const std::lock_guard<std::mutex> lock(mutex_);
  EXPECT_THAT(log_, HasSubstr("error session-failed"));
}

TEST_F(Pop3ServerTest, TurnsAwayWhatIsTooMuch) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<Client>(address()));
    EXPECT_THAT(clients.back()->line(), StartsWith("+OK"));
  }
  Client surplus(address());
  EXPECT_THAT(surplus.line(), StartsWith("-ERR [SYS/TEMP]"));
}

TEST_F(Pop3ServerTest, ADiskThatDoesNotAnswerHoldsUpNobodyElse) {
  std::vector<std::unique_ptr<Client>> held;
  for (const char* user : {"slow1", "slow2", "slow3"}) {
    held.push_back(std::make_unique<Client>(address()));
    held.back()->log_in(user);
  }
  for (const auto& client : held) client->send("RETR 1");
  Client other(address());
  other.log_in("a");
  EXPECT_THAT(other.say("RETR 1"), StartsWith("+OK"));
  provider_.let_disk_answer();
  for (const auto& client : held) EXPECT_THAT(client->line(), StartsWith("+OK"));
}

TEST_F(Pop3ServerTest, AClientThatDoesNotReadIsCutOff) {
  Pop3Service impatient = service_;
  impatient.options.write_timeout = std::chrono::seconds(1);
  Pop3Server server({{{*ListenAddress::parse("127.0.0.1:0")}}, 1, 5}, impatient);
  ASSERT_TRUE(server.start());
  Client deaf(server.addresses().front());
  deaf.log_in("large");
  deaf.say("RETR 1");
  EXPECT_THAT(log_with("session-end"), HasSubstr("why=timeout"));
  server.stop();
}

TEST_F(Pop3ServerTest, NoPasswordReachesTheLog) {
  Client client(address());
  client.line();
  client.say("USER a");
  EXPECT_THAT(client.say("PASS hunter2"), StartsWith("-ERR [AUTH]"));
  client.say("USER hunter2");
  EXPECT_THAT(client.say("PASS x"), StartsWith("-ERR [AUTH]"));
  client.say("QUIT");
  client.line();
  const std::lock_guard<std::mutex> lock(mutex_);
  EXPECT_THAT(log_, HasSubstr("login-failed"));
  EXPECT_THAT(log_, ::testing::Not(HasSubstr("hunter2")));
}

TEST(Pop3Server, IdleSessionsAreEndedByTheirTimer) {
  FakeProvider provider;
  WorkerPool workers(1);
  Pop3Service service{{}, provider, workers, Logger()};
  service.options.login_timeout = std::chrono::seconds(0);
  Pop3Server server({{{*ListenAddress::parse("127.0.0.1:0")}}, 1, 5}, service);
  ASSERT_TRUE(server.start());
  Client client(server.addresses().front());
  EXPECT_THAT(client.line(), StartsWith("+OK"));
  EXPECT_EQ(client.line(), "");
  server.stop();
  workers.join();
}

}  // namespace
}  // namespace postern
