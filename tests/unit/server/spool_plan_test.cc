#include "server/spool_plan.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

using enum SpoolState;
using std::chrono::seconds;

const UnixSeconds now{seconds(5000)};

std::string digest_of(char content) { return std::string(64, content); }

// A message with UID and content of one letter each.
SpooledMessage message(const std::string& uid, char content, SpoolState state = spooled) {
  return {uid, uid, 10, 10, digest_of(content), state, UnixSeconds(seconds(1000))};
}

std::string text(const SpoolChange& change) {
  std::string line = change.uid + " to " + std::string(to_string(change.to));
  if (change.there) line += " as " + *change.there;
  return line;
}

std::vector<std::string> text(const std::vector<SpoolChange>& changes) {
  std::vector<std::string> lines;
  for (const SpoolChange& one : changes) lines.push_back(text(one));
  return lines;
}

using Lines = std::vector<std::string>;

struct Case {
  Lines listed;
  std::vector<SpooledMessage> live;
};

SpoolPlan plan_of(const Case& one) { return SpoolPlan(one.listed, one.live); }

TEST(SpoolPlan, FetchesWhatIsNotKnown) {
  EXPECT_EQ(plan_of({{"a", "b", "c"}, {message("b", 'B')}}).unknown(),
            (std::vector<std::size_t>{0, 2}));
  EXPECT_TRUE(plan_of({{"a"}, {message("a", 'A', deleted)}}).unknown().empty());
  EXPECT_TRUE(plan_of({{}, {}}).unknown().empty());
}

TEST(SpoolPlan, TheListingMovesWhatIsKnown) {
  struct Row {
    SpoolState before;
    Lines when_listed;
    Lines when_not;
  };
  for (const Row& row : {Row{spooled, {}, {"a to missing"}}, Row{missing, {"a to spooled"}, {}},
                         Row{restored, {"a to spooled"}, {}}, Row{deleted, {}, {"a to removed"}}}) {
    const std::vector<SpooledMessage> live = {message("a", 'A', row.before)};
    EXPECT_EQ(text(plan_of({{"a"}, live}).changes(now, true)), row.when_listed)
        << to_string(row.before);
    EXPECT_EQ(text(plan_of({{}, live}).changes(now, true)), row.when_not) << to_string(row.before);
  }
}

TEST(SpoolPlan, ADeletionIsNotTakenForDoneWhileSomethingIsUnknown) {
  const SpoolPlan plan = plan_of({{"x"}, {message("a", 'A', deleted), message("b", 'B')}});
  EXPECT_EQ(text(plan.changes(now, false)), Lines{"b to missing"});
}

TEST(SpoolPlan, WhatIsNewKeepsTheProvidersUid) {
  SpoolPlan plan = plan_of({{"a"}, {}});
  const auto settled = plan.settle("a", digest_of('A'), now);
  EXPECT_FALSE(settled.change);
  EXPECT_EQ(settled.uid, "a");
  EXPECT_TRUE(settled.needs_file);
}

TEST(SpoolPlan, AMessageUnderAnotherUidIsTheSame) {
  struct Row {
    SpoolState before;
    std::string step;
  };
  for (const Row& row :
       {Row{spooled, "old to spooled as new"}, Row{missing, "old to spooled as new"},
        Row{restored, "old to spooled as new"}, Row{deleted, "old to deleted as new"}}) {
    const std::vector<SpooledMessage> live = {message("old", 'A', row.before)};
    SpoolPlan plan = plan_of({{"new"}, live});
    plan.remember(live);
    const auto settled = plan.settle("new", digest_of('A'), now);
    ASSERT_TRUE(settled.change);
    EXPECT_EQ(text(*settled.change), row.step);
    EXPECT_FALSE(settled.needs_file);
    EXPECT_TRUE(plan.changes(now, true).empty()) << "it is neither missing nor removed";
  }
}

TEST(SpoolPlan, OfEqualMessagesEachIsFoundOnce) {
  const std::vector<SpooledMessage> live = {message("old", 'A')};
  SpoolPlan plan = plan_of({{"new", "another"}, live});
  plan.remember(live);
  EXPECT_TRUE(plan.settle("new", digest_of('A'), now).change);
  const auto second = plan.settle("another", digest_of('A'), now);
  EXPECT_FALSE(second.change);
  EXPECT_EQ(second.uid, "another");
}

TEST(SpoolPlan, AnEqualMessageBesideOneThatIsListedIsNew) {
  const std::vector<SpooledMessage> live = {message("a", 'A')};
  SpoolPlan plan = plan_of({{"a", "b"}, live});
  plan.remember(live);
  EXPECT_FALSE(plan.settle("b", digest_of('A'), now).change);
}

TEST(SpoolPlan, WhatWasDoneWithAndIsThereAgain) {
  struct Row {
    SpoolState before;
    std::string step;
    bool needs_file;
  };
  for (const Row& row :
       {Row{removed, "a to deleted as a", false}, Row{purged, "a to deleted as a", true},
        Row{gone, "a to spooled as a", true}}) {
    SpoolPlan plan = plan_of({{"a"}, {}});
    const std::vector<SpooledMessage> all = {message("a", 'A', row.before)};
    plan.remember(all);
    const auto settled = plan.settle("a", digest_of('A'), now);
    ASSERT_TRUE(settled.change);
    EXPECT_EQ(text(*settled.change), row.step);
    EXPECT_EQ(settled.needs_file, row.needs_file);
  }
}

TEST(SpoolPlan, AUidThatIsUsedAgainIsMadeAnother) {
  SpoolPlan plan = plan_of({{"a"}, {}});
  const std::vector<SpooledMessage> all = {message("a", 'A', purged)};
  plan.remember(all);
  const auto settled = plan.settle("a", digest_of('B'), now);
  EXPECT_FALSE(settled.change);
  EXPECT_EQ(settled.uid, "P" + std::string(40, 'B'));
  EXPECT_EQ(plan.settle("a", digest_of('B'), now).uid, "P" + std::string(40, 'B') + "-1");
}

TEST(SpoolPlan, AUidThatAMovedMessageHasHereIsNotGivenTwice) {
  // "a" is known there as "x" now, and another message is called "a".
  SpooledMessage moved = message("a", 'A');
  moved.there = "x";
  const std::vector<SpooledMessage> live = {moved};
  SpoolPlan plan = plan_of({{"x", "a"}, live});
  plan.remember(live);
  EXPECT_EQ(plan.unknown(), std::vector<std::size_t>{1});
  EXPECT_EQ(plan.settle("a", digest_of('B'), now).uid, "P" + std::string(40, 'B'));
}

}  // namespace
}  // namespace postern
