#include "plugin/adapters/log/line_writer.h"

#include <array>
#include <csignal>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

namespace svidence::log {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr milliseconds kSoon{10};
constexpr milliseconds kLong{20'000};

// A writer on a pipe, whose other end the test reads when it likes.
class LineWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // As in the daemons: a reader that goes is an error of write(2), not the end.
    ASSERT_NE(signal(SIGPIPE, SIG_IGN), SIG_ERR);
    ASSERT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0);
    auto writer = LineWriter::Start(ends_[1], [](std::uint64_t dropped) {
      return "dropped " + std::to_string(dropped) + "\n";
    });
    ASSERT_TRUE(writer.ok());
    writer_ = *std::move(writer);
  }
  void TearDown() override {
    writer_.reset();
    CloseReader();
    close(ends_[1]);
  }
  void CloseReader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }

  // Leaves the writer's thread in write(2), its queue empty.
  void BlockTheThread() {
    writer_->Write(std::string(200'000, 'x') + "\n");  // more than a pipe holds
    pollfd first{.fd = ends_[0], .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&first, 1, -1), 1);
  }

  // Reads until the text ends with `last`.
  std::string ReadUntil(const std::string& last) {
    std::string text;
    std::array<char, 65536> bytes{};
    while (!text.ends_with(last)) {
      const ssize_t got = read(ends_[0], bytes.data(), bytes.size());
      if (got <= 0) break;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  std::array<int, 2> ends_{-1, -1};
  std::unique_ptr<LineWriter> writer_;
};

TEST_F(LineWriterTest, WritesLinesInOrder) {
  std::string want;
  for (int i = 0; i < 500; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    writer_->Write(line);
    want += line;
  }
  EXPECT_EQ(ReadUntil("line 499\n"), want);
  EXPECT_TRUE(writer_->Flush(kLong));
}

TEST_F(LineWriterTest, NeverBlocksAndCountsWhatItDropsWhileTheReaderStalls) {
  const std::string line = std::string(4095, 'x') + "\n";
  static constexpr std::size_t kLines = 2000;  // 8 MB: more than pipe and queue hold
  for (std::size_t i = 0; i < kLines; ++i) writer_->Write(line);
  EXPECT_FALSE(writer_->Flush(kSoon)) << "nobody reads";

  std::jthread reader([this, &line] {
    std::istringstream text(ReadUntil("after\n"));
    std::size_t whole = 0;
    std::size_t dropped = 0;
    for (std::string got; std::getline(text, got);) {
      if (got.starts_with("dropped ")) dropped += std::stoul(got.substr(8));
      if (got.size() + 1 == line.size()) ++whole;
    }
    EXPECT_GT(dropped, 0U);
    EXPECT_EQ(whole + dropped, kLines) << "every line is there or counted";
  });
  EXPECT_TRUE(writer_->Flush(kLong));
  writer_->Write("after\n");
}

TEST_F(LineWriterTest, DropsBeyondTheBoundOfLines) {
  BlockTheThread();
  for (std::size_t i = 0; i < kMaxQueuedLines + 5; ++i) writer_->Write("y\n");
  std::jthread reader(
      [this] { EXPECT_TRUE(ReadUntil("after\n").ends_with("y\ndropped 5\nafter\n")); });
  EXPECT_TRUE(writer_->Flush(kLong));
  writer_->Write("after\n");
}

TEST_F(LineWriterTest, LeavesOtherFilesAloneWhenItsNumberIsUsedAgain) {
  BlockTheThread();
  writer_->Write("left behind\n");
  writer_.reset();
  std::array<int, 2> other{-1, -1};
  close(ends_[1]);
  ASSERT_EQ(pipe2(other.data(), O_CLOEXEC | O_NONBLOCK), 0);
  ASSERT_TRUE(other[0] == ends_[1] || other[1] == ends_[1]) << "the number is used again";
  EXPECT_NE(ReadUntil("left behind\n"), "");
  char byte = 0;
  EXPECT_EQ(read(other[0], &byte, 1), -1);
  close(ends_[0]);
  ends_ = other;
}

TEST(LineWriterStartTest, SaysThatThereIsNoSuchDescriptor) {
  EXPECT_FALSE(LineWriter::Start(-1, [](std::uint64_t) { return ""; }).ok());
}

TEST_F(LineWriterTest, CopesWithAPipeThatSomebodyMadeNonBlocking) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  ASSERT_EQ(fcntl(ends_[1], F_SETFL, O_NONBLOCK), 0);
  const std::string line = std::string(150'000, 'x') + "\n";  // more than a pipe holds
  writer_->Write(line);
  EXPECT_EQ(ReadUntil("\n"), line);
}

TEST_F(LineWriterTest, GoesOnWhenTheReaderIsGone) {
  CloseReader();
  for (int i = 0; i < 10; ++i) writer_->Write("x\n");
  EXPECT_TRUE(writer_->Flush(kLong));
}

TEST_F(LineWriterTest, EndsThoughTheReaderStalls) {
  for (int i = 0; i < 100; ++i) writer_->Write(std::string(4000, 'x') + "\n");
  writer_.reset();  // must return
}

TEST_F(LineWriterTest, KeepsLinesOfManyThreadsWhole) {
  constexpr int kThreads = 4;
  constexpr int kEach = 100;
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      for (int n = 0; n < kEach; ++n)
        writer_->Write(std::string(100, static_cast<char>('a' + i)) + "\n");
    });
  }
  threads.clear();
  writer_->Write("end\n");
  const std::string text = ReadUntil("end\n");
  EXPECT_EQ(text.size(), std::size_t{kThreads} * kEach * 101 + 4);
  EXPECT_THAT(text, Not(HasSubstr("ab")));
}

}  // namespace
}  // namespace svidence::log
