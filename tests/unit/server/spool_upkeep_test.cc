#include "server/spool_upkeep.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/octets.h"
#include "server/spool_audit.h"
#include "state/memory_store.h"
#include "store/spool_folder.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using enum SpoolState;
using namespace std::chrono_literals;

class SpoolUpkeep : public ::testing::Test {
 protected:
  SpoolUpkeep() {
    StoredAccount account;
    account.name = account.user = "ann";
    id_ = *store_.add_account(account);
  }
  // Spools the message, since noon in that state; gives the file's path.
  std::string spool(const std::string& uid, SpoolState state) {
    const std::string text = "Subject: " + uid + "\r\n\r\n";
    const std::string digest = to_hex(sha256(text));
    const std::string name = SpoolFolder::name_of(uid, digest);
    const bool kept = kept_states.contains(state);
    EXPECT_TRUE(!kept || SpoolFolder(directory_.path()).put(name, text));
    const SpooledMessage row{uid, uid, wire_size(text), text.size(), digest, state, noon_};
    EXPECT_TRUE(store_.add_spooled(id_, {&row, 1}));
    return directory_.path(name);
  }
  SpoolAudit audit() {
    return *audit_spool(store_, **store_.find_account("ann"), directory_.path());
  }

  TemporaryDirectory directory_;
  MemoryStore store_;
  std::uint64_t id_ = 0;
  const UnixSeconds noon_{1'000'000s};
};

TEST_F(SpoolUpkeep, WhatIsDoneWithGoesWhenItsTimeIsOver) {
  const std::string shown = spool("a", spooled);
  const std::string told = spool("b", removed);
  const std::string missed = spool("c", missing);
  const std::string untold = spool("d", deleted);
  const std::string back = spool("e", restored);
  ASSERT_TRUE(expire_spool(store_, id_, directory_.path(), 10s, noon_ + 9s));
  EXPECT_TRUE(std::filesystem::exists(told) && std::filesystem::exists(missed));
  ASSERT_TRUE(expire_spool(store_, id_, directory_.path(), 10s, noon_ + 10s));
  EXPECT_FALSE(std::filesystem::exists(told) || std::filesystem::exists(missed));
  for (const std::string& path : {shown, untold, back}) EXPECT_TRUE(std::filesystem::exists(path));
  const auto rows = store_.load_spool(id_, all_spool_states);
  EXPECT_EQ((*rows)[1].state, purged);
  EXPECT_EQ((*rows)[2].state, gone);
  EXPECT_TRUE(audit().contradictions.empty());
}

TEST_F(SpoolUpkeep, SweepsLeftoversAlone) {
  const std::string needed = spool("a", removed);
  spool("b", purged);
  for (const char* name : {"0123", "abc.tmp"}) std::ofstream(directory_.path(name)) << "x";
  EXPECT_EQ(audit().leftovers, 2u);
  EXPECT_EQ(*sweep_spool(store_, id_, directory_.path()), 2u);
  EXPECT_TRUE(std::filesystem::exists(needed));
  EXPECT_EQ(audit().leftovers, 0u);
}

TEST_F(SpoolUpkeep, AnAuditCountsEveryMessageOnce) {
  spool("a", spooled);
  spool("b", spooled);
  spool("c", gone);
  const SpoolAudit seen = audit();
  EXPECT_EQ(seen.counts[static_cast<std::size_t>(spooled)], 2u);
  EXPECT_EQ(seen.counts[static_cast<std::size_t>(gone)], 1u);
  EXPECT_EQ(seen.rows, 3u);
  EXPECT_EQ(seen.seen, 3u);
  EXPECT_TRUE(seen.contradictions.empty());
}

TEST_F(SpoolUpkeep, AnAuditNamesWhatContradicts) {
  const std::string lost = spool("lost", spooled);
  const std::string cut = spool("cut", removed);
  const std::string changed = spool("changed", deleted);
  std::filesystem::remove(lost);
  std::filesystem::resize_file(cut, 3);
  std::fstream(changed, std::ios::in | std::ios::out) << "s";
  const SpoolAudit seen = audit();
  ASSERT_EQ(seen.contradictions.size(), 3u);
  EXPECT_NE(seen.contradictions[0].find("lost"), std::string::npos);
  EXPECT_NE(seen.contradictions[1].find("cut"), std::string::npos);
  EXPECT_NE(seen.contradictions[2].find("changed"), std::string::npos);
}

TEST_F(SpoolUpkeep, AnAuditNamesTwoMessagesThatAreOneThere) {
  spool("a", spooled);
  spool("b", spooled);
  const SpoolChange moved{"b", {spooled}, spooled, noon_, "a"};
  ASSERT_TRUE(store_.change_spool(id_, {&moved, 1}));
  EXPECT_EQ(audit().contradictions.size(), 1u);
}

}  // namespace
}  // namespace postern
