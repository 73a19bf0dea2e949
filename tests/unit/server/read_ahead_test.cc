#include "server/read_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern {
namespace {

std::vector<Octets> messages(std::initializer_list<const char*> heads) {
  std::vector<Octets> all;
  for (const char* head : heads) all.push_back({head, Blob(), 0});
  return all;
}

std::string taken(ReadAhead& ahead, std::size_t index) {
  const auto message = ahead.take(index);
  return message ? message->head : "-";
}

TEST(ReadAhead, HasNothingAtFirst) {
  ReadAhead ahead;
  EXPECT_EQ(taken(ahead, 0), "-");
  EXPECT_NE(ahead.next(), 0u);
}

TEST(ReadAhead, GivesEachMessageOnce) {
  ReadAhead ahead;
  ahead.hold(3, messages({"three", "four"}));
  EXPECT_EQ(ahead.next(), 5u);
  EXPECT_EQ(taken(ahead, 2), "-");
  EXPECT_EQ(taken(ahead, 3), "three");
  EXPECT_EQ(taken(ahead, 3), "-");
  EXPECT_EQ(taken(ahead, 4), "four");
  EXPECT_EQ(taken(ahead, 4), "-");
  EXPECT_EQ(taken(ahead, 5), "-");
  EXPECT_EQ(ahead.next(), 5u);
}

TEST(ReadAhead, LeavesOutWhatWasSkipped) {
  ReadAhead ahead;
  ahead.hold(0, messages({"zero", "one", "two"}));
  EXPECT_EQ(taken(ahead, 1), "one");
  EXPECT_EQ(taken(ahead, 0), "-");
  ahead.hold(7, {});
  EXPECT_EQ(taken(ahead, 2), "-");
  EXPECT_EQ(ahead.next(), 7u);
}

}  // namespace
}  // namespace postern
