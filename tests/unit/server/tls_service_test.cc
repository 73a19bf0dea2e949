#include "server/tls_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "net/tls_authority.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TlsServiceTest : public ::testing::Test {
 protected:
  TlsServiceTest() { EXPECT_TRUE(service_.reload()); }

  std::string served() { return service_.current()->certificates().front().fingerprint; }

  UnixSeconds now_ = system_clock()();
  TemporaryDirectory directory_;
  const LocalTls local_{directory_.path("keys"), {}};
  std::string log_;
  TlsService service_{[this]() -> Result<TlsSetting> {
                        const auto change = ensure_local_tls(local_, now_);
                        if (!change) return change.error();
                        return TlsSetting{{local_.identity()}, "", false};
                      },
                      [this] { return now_; },
                      Logger(LogLevel::info, [this](LogLevel, std::string_view line) {
                        log_ += std::string(line) + "\n";
                      })};
};

TEST_F(TlsServiceTest, RefreshServesWhatHasChangedAndOnlyThat) {
  const auto before = service_.current();
  service_.refresh();
  EXPECT_EQ(service_.current(), before);
  const std::string first = served();
  now_ += std::chrono::hours(24 * 380);  // time to renew
  service_.refresh();
  EXPECT_NE(service_.current(), before);
  EXPECT_NE(served(), first);
  EXPECT_EQ(before->certificates().front().fingerprint, first);
  EXPECT_THAT(log_, Not(HasSubstr("failed")));
}

TEST_F(TlsServiceTest, FilesThatCannotBeUsedChangeNothing) {
  const auto before = service_.current();
  ASSERT_TRUE(write_file_atomically(local_.identity().certificate, "damaged"));
  ASSERT_TRUE(write_file_atomically(local_.authority_key(), "damaged"));
  EXPECT_FALSE(service_.reload());
  service_.refresh();
  EXPECT_EQ(service_.current(), before);
  EXPECT_THAT(log_, HasSubstr("error tls-reload-failed"));
  EXPECT_THAT(log_, HasSubstr("error tls-renewal-failed"));
}

TEST_F(TlsServiceTest, WarnsOfACertificateThatEndsSoon) {
  EXPECT_THAT(log_, HasSubstr("info certificate name=localhost"));
  const TlsIdentity files = local_.identity();
  TlsService other(
      [&]() -> Result<TlsSetting> {
        return TlsSetting{{files}, "", false};
      },
      [this] { return now_ + std::chrono::hours(24 * 390); },
      Logger(LogLevel::info, [this](LogLevel, std::string_view line) { log_ += line; }));
  EXPECT_TRUE(other.reload());
  EXPECT_THAT(log_, HasSubstr("warning certificate name=localhost"));
}

}  // namespace
}  // namespace postern
