#include "app/rule_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "state/memory_store.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const std::string ape = "body APE /ape/\nscore APE 2\n";
const std::string bee = "body BEE /bee/\nscore BEE 2\n";
const std::string broken = "body APE /ape/\nbody BROKEN /(/\n";

class RuleKeeperTest : public ::testing::Test {
 protected:
  std::unique_ptr<RuleKeeper> keeper() {
    JudgementFiles files;
    files.rules = {file_};
    files.base_model = "none";
    Clock clock = [this] { return UnixSeconds(std::chrono::seconds(now_)); };
    return std::make_unique<RuleKeeper>(
        RuleKeeper::Setting{files, {"mx.example"}, std::move(clock), Logger()},
        StateFolder(folder_.path("state")), store_);
  }
  void write(const std::string& text) {
    ++now_;
    ASSERT_TRUE(write_file_atomically(file_, text));
  }
  RuleStatus status() {
    const auto loaded = load_rule_status(store_);
    if (!loaded || !*loaded) throw std::runtime_error("no status");
    return **loaded;
  }
  static std::string first_rule(const RuleKeeper& keeper) {
    return keeper.current()->size() == 0 ? "" : keeper.current()->info(0).name;
  }

  TemporaryDirectory folder_;
  const std::string file_ = folder_.path("my.cf");
  MemoryStore store_;
  int now_ = 1000;
};

TEST_F(RuleKeeperTest, ServesWhatTheFilesSay) {
  write(ape);
  const auto one = keeper();

  ASSERT_TRUE(*one->refresh());
  EXPECT_EQ(first_rule(*one), "APE");
  EXPECT_FALSE(*one->refresh()) << "nothing has changed";
  const auto held = one->current();
  write(bee);
  ASSERT_TRUE(*one->refresh());

  EXPECT_EQ(first_rule(*one), "BEE");
  EXPECT_EQ(held->info(0).name, "APE") << "who holds a set keeps it";
  EXPECT_EQ(status().state, RuleState::good);
  EXPECT_EQ(status().serving, status().files);
  EXPECT_EQ(status().judgement.base_model, "none");
  EXPECT_EQ(status().authserv_ids, std::vector<std::string>{"mx.example"});
  EXPECT_THAT(one->watched(), Contains(file_));
}

TEST_F(RuleKeeperTest, ABrokenEditKeepsTheLastGoodSet) {
  write(ape);
  const auto one = keeper();
  ASSERT_TRUE(one->refresh());
  const std::string good = status().serving;

  write(broken);
  EXPECT_FALSE(*one->refresh());

  EXPECT_EQ(first_rule(*one), "APE");
  EXPECT_EQ(one->current()->size(), 1u);
  EXPECT_EQ(status().state, RuleState::broken);
  EXPECT_EQ(status().serving, good);
  EXPECT_EQ(status().files_since, UnixSeconds(std::chrono::seconds(now_)));
  EXPECT_LT(status().serving_since, status().files_since);
  ASSERT_EQ(status().errors.size(), 1u);
  EXPECT_THAT(status().errors[0], HasSubstr(file_ + ":2:"));

  ASSERT_EQ(::unlink(file_.c_str()), 0);
  EXPECT_FALSE(*one->refresh());
  EXPECT_EQ(status().files, unreadable_rules);
  write(ape);
  EXPECT_FALSE(*one->refresh()) << "mended: the same set as before";
  EXPECT_EQ(status().state, RuleState::good);
  EXPECT_TRUE(status().errors.empty());
}

TEST_F(RuleKeeperTest, TheLastGoodSetOutlivesTheProgram) {
  write(ape);
  ASSERT_TRUE(keeper()->refresh());
  const UnixSeconds since = status().serving_since;
  write(broken);

  const auto next = keeper();
  ASSERT_TRUE(*next->refresh());

  EXPECT_EQ(next->current()->size(), 1u);
  EXPECT_EQ(status().state, RuleState::broken);
  EXPECT_EQ(status().serving_since, since);
}

TEST_F(RuleKeeperTest, WithNothingGoodBeforeWhatCanBeUnderstoodServes) {
  write(broken);
  const auto one = keeper();
  ASSERT_TRUE(*one->refresh());
  EXPECT_EQ(first_rule(*one), "APE");
  EXPECT_EQ(status().state, RuleState::partial);
}

TEST_F(RuleKeeperTest, WithoutAnythingToServeItIsAnError) {
  const auto one = keeper();
  EXPECT_FALSE(one->refresh());
  EXPECT_EQ(one->current(), nullptr);
}

TEST_F(RuleKeeperTest, ARollbackHoldsUntilTheFilesChange) {
  write(ape);
  const auto one = keeper();
  ASSERT_TRUE(one->refresh());
  const std::string first = status().serving;
  write(bee);
  ASSERT_TRUE(one->refresh());
  RuleHistory history(StateFolder(folder_.path("state")).rules());

  ASSERT_TRUE(history.set_pin({first, status().files}));
  EXPECT_TRUE(*one->refresh());
  EXPECT_EQ(first_rule(*one), "APE");
  EXPECT_EQ(status().state, RuleState::rolled_back);
  const auto next = keeper();
  ASSERT_TRUE(next->refresh());
  EXPECT_EQ(first_rule(*next), "APE") << "after a restart, too";

  ASSERT_TRUE(history.clear_pin());
  EXPECT_TRUE(*one->refresh());
  EXPECT_EQ(first_rule(*one), "BEE");
  ASSERT_TRUE(history.set_pin({first, status().files}));
  ASSERT_TRUE(one->refresh());
  write("body CAT /cat/\n");
  EXPECT_TRUE(*one->refresh());
  EXPECT_EQ(first_rule(*one), "CAT");
  EXPECT_FALSE(*history.pin()) << "the edit has ended it";
}

TEST_F(RuleKeeperTest, ADamagedSetOrPinIsPassedOver) {
  write(ape);
  const auto one = keeper();
  ASSERT_TRUE(one->refresh());
  const std::string first = status().serving;
  write(bee);
  ASSERT_TRUE(one->refresh());
  RuleHistory history(StateFolder(folder_.path("state")).rules());
  ASSERT_TRUE(write_file_atomically(folder_.path("state/rules/sets/" + first), "nonsense"));

  ASSERT_TRUE(history.set_pin({first, status().files}));
  EXPECT_FALSE(*one->refresh());
  EXPECT_EQ(first_rule(*one), "BEE");
  ASSERT_TRUE(write_file_atomically(history.pin_file(), "nonsense"));
  EXPECT_FALSE(*one->refresh());
  EXPECT_EQ(status().state, RuleState::good);
}

TEST(RuleStatus, IsReadAsItWasWritten) {
  RuleStatus status;
  status.state = RuleState::broken;
  status.serving = "0123456789abcdef";
  status.serving_since = UnixSeconds(std::chrono::seconds(17));
  status.files = "unreadable";
  status.rule_count = 3;
  status.file_names = {"/a b.cf", "/c\n.cf"};
  status.errors = {"/a b.cf:1:2: error: x"};
  status.error_count = 30;
  status.judgement.rules = {"/a b.cf"};
  status.judgement.base_model = "none";
  status.judgement.policy.unsure_from = -1234;
  status.judgement.ham_loss = 0.001;
  status.authserv_ids = {"mx.example"};

  const auto read = decode_rule_status(encode_rule_status(status));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->state, status.state);
  EXPECT_EQ(read->serving, status.serving);
  EXPECT_EQ(read->serving_since, status.serving_since);
  EXPECT_EQ(read->files, status.files);
  EXPECT_EQ(read->rule_count, 3u);
  EXPECT_EQ(read->file_names, (std::vector<std::string>{"/a b.cf", "/c .cf"}));
  EXPECT_EQ(read->errors, status.errors);
  EXPECT_EQ(read->error_count, 30u);
  EXPECT_EQ(read->judgement.rules, status.judgement.rules);
  EXPECT_EQ(read->judgement.base_model, "none");
  EXPECT_EQ(read->judgement.site_model, "");
  EXPECT_EQ(read->judgement.policy.unsure_from, -1234);
  EXPECT_DOUBLE_EQ(read->judgement.ham_loss, 0.001);
  EXPECT_EQ(read->authserv_ids, status.authserv_ids);
  EXPECT_FALSE(decode_rule_status("postern rules status 9\n"));
  EXPECT_FALSE(decode_rule_status(""));
}

}  // namespace
}  // namespace postern
