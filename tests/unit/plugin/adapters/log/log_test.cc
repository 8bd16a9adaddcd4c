#include "plugin/adapters/log/log.h"

#include <array>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "tests/support/status_matchers.h"

namespace svidence::log {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;

constexpr std::chrono::milliseconds kLong{20'000};

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0);
    auto log = ProcessLog::Start(ends_[1], "svidence-test");
    ASSERT_THAT(log, IsOk());
    log_ = *std::move(log);
  }
  void TearDown() override {
    log_.reset();
    close(ends_[0]);
    close(ends_[1]);
  }
  // What has been logged since the last call, if anything.
  std::string Read() {
    EXPECT_TRUE(log_->Flush(kLong));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
    EXPECT_EQ(fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
    std::array<char, 65536> bytes{};
    const ssize_t got = read(ends_[0], bytes.data(), bytes.size());
    return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  std::array<int, 2> ends_{-1, -1};
  std::unique_ptr<ProcessLog> log_;
};

TEST_F(LogTest, TurnsAnSpdlogCallIntoAnHclogLine) {
  spdlog::warn("disk is filling free={}", 12);
  const nlohmann::json line = nlohmann::json::parse(Read(), nullptr, false);
  ASSERT_TRUE(line.is_object());
  EXPECT_EQ(line["@level"], "warn");
  EXPECT_EQ(line["@message"], "disk is filling");
  EXPECT_EQ(line["@module"], "svidence-test");
  EXPECT_EQ(line["free"], "12");
}

TEST_F(LogTest, WritesCriticalAsError) {
  spdlog::critical("x");
  EXPECT_EQ(nlohmann::json::parse(Read(), nullptr, false)["@level"], "error");
}

TEST_F(LogTest, LetsThroughWhatTheLevelAllows) {
  spdlog::debug("unseen");
  EXPECT_EQ(Read(), "") << "info is the default";
  ASSERT_THAT(SetLevel("debug"), IsOk());
  spdlog::debug("seen");
  EXPECT_NE(Read(), "");
  ASSERT_THAT(SetLevel("error"), IsOk());
  spdlog::warn("unseen");
  EXPECT_EQ(Read(), "");
  EXPECT_THAT(SetLevel("info"), IsOk());
  EXPECT_THAT(SetLevel("warn"), IsOk());
  EXPECT_THAT(SetLevel("trace"), IsOk());
}

TEST_F(LogTest, RefusesALevelThatTheLoaderDoesNotKnow) {
  for (const char* name : {"", "warning", "critical", "INFO"}) {
    EXPECT_THAT(SetLevel(name), StatusIs(StatusCode::kInvalidArgument)) << name;
  }
}

TEST_F(LogTest, ThrowsAwayWhatIsLoggedAfterItsEnd) {
  log_.reset();
  spdlog::error("too late");
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  EXPECT_EQ(fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
  char byte = 0;
  EXPECT_EQ(read(ends_[0], &byte, 1), -1);
}

}  // namespace
}  // namespace svidence::log
