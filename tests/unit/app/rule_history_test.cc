#include "app/rule_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using ::testing::ElementsAre;

std::vector<RuleSource> set_of(const std::string& text) {
  return {{"a.cf", text}, {"b b.cf", "# the same\n"}};
}

class RuleHistoryTest : public ::testing::Test {
 protected:
  std::string add(const std::string& text, const std::vector<std::string>& kept = {}) {
    const auto sources = set_of(text);
    const RuleHistory::Entry entry{rule_set_id(sources), UnixSeconds(std::chrono::seconds(++now_)),
                                   2, 7, "paths"};
    EXPECT_TRUE(history_.add(entry, sources, kept));
    return entry.id;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> names;
    const auto entries = history_.list();
    for (const auto& entry : *entries) names.push_back(entry.id);
    return names;
  }
  std::string set_file(const std::string& id) const { return folder_.path("rules/sets/" + id); }

  TemporaryDirectory folder_;
  RuleHistory history_{folder_.path("rules")};
  int now_ = 0;
};

TEST_F(RuleHistoryTest, IsEmptyAtFirst) {
  EXPECT_TRUE(history_.list()->empty());
  EXPECT_FALSE(*history_.pin());
  EXPECT_TRUE(history_.clear_pin());
}

TEST_F(RuleHistoryTest, GivesSetsBackAsTheyWere) {
  const std::string text("body A /x/\n\0\nno end of line", 26);
  const std::string id = add(text);

  const auto sources = RuleHistory(folder_.path("rules")).read(id);

  ASSERT_TRUE(sources) << sources.error().detail;
  ASSERT_EQ(sources->size(), 2u);
  EXPECT_EQ((*sources)[0].text, text);
  EXPECT_EQ((*sources)[1].name, "b b.cf");
}

TEST_F(RuleHistoryTest, NamesDependOnNamesAndTextsAndTheirBorders) {
  const std::vector<std::vector<RuleSource>> sets = {
      {},
      {{"a", "b"}},
      {{"ab", ""}},
      {{"", "ab"}},
      {{"a", "b"}, {"a", "b"}},
      {{"a", "b\nfile 1 1\na\nb"}},
  };
  std::set<std::string> names;
  for (const auto& set : sets) names.insert(rule_set_id(set));
  EXPECT_EQ(names.size(), sets.size());
}

TEST_F(RuleHistoryTest, ASetThatIsAcceptedAgainBecomesTheNewest) {
  const std::string a = add("a"), b = add("b"), c = add("c");
  add("a");
  EXPECT_THAT(ids(), ElementsAre(b, c, a));
  EXPECT_EQ(history_.list()->back().accepted, UnixSeconds(std::chrono::seconds(4)));
  EXPECT_EQ(history_.list()->back().configured, "paths");
}

TEST_F(RuleHistoryTest, ForgetsTheOldestButWhatIsStillInUse) {
  const std::string first = add("first"), second = add("second");
  for (int i = 0; i < 12; ++i) add(std::to_string(i), {second});
  EXPECT_EQ(ids().size(), RuleHistory::most_sets);
  EXPECT_EQ(history_.read(first).error().kind(), Errc::no_input);
  EXPECT_TRUE(history_.read(second));
}

TEST_F(RuleHistoryTest, RefusesWhatIsDamagedOrNoName) {
  const std::string id = add("text");
  for (const std::string name : {"", "../history", "0123456789ABCDEF", "0123456789abcdef"}) {
    EXPECT_EQ(history_.read(name).error().kind(), Errc::no_input) << name;
  }
  ASSERT_TRUE(write_file_atomically(set_file(id), "postern rule set 1\nfile 1 1\nx\ny\n"));
  EXPECT_EQ(history_.read(id).error().kind(), Errc::bad_data);
  ASSERT_TRUE(write_file_atomically(folder_.path("rules/history"), id + " 1 2 3 p\nnonsense\n\n"));
  EXPECT_THAT(ids(), ElementsAre(id));
}

TEST_F(RuleHistoryTest, RemembersThePinUntilItIsCleared) {
  const std::string id = add("text");
  ASSERT_TRUE(history_.set_pin({id, unreadable_rules}));
  const auto pin = RuleHistory(folder_.path("rules")).pin();
  ASSERT_TRUE(pin && *pin);
  EXPECT_EQ((*pin)->to, id);
  EXPECT_EQ((*pin)->from, "unreadable");
  ASSERT_TRUE(history_.clear_pin());
  EXPECT_FALSE(*history_.pin());
  ASSERT_TRUE(write_file_atomically(history_.pin_file(), "nonsense"));
  EXPECT_EQ(history_.pin().error().kind(), Errc::bad_data);
}

}  // namespace
}  // namespace postern
