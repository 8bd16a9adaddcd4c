#include "plugin/adapters/spire/entry_client.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/fake_spire.h"
#include "tests/support/status_matchers.h"

namespace svidence::spire {
namespace {

using svidence::testing::IsOk;
using svidence::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

class EntryClientTest : public ::testing::Test {
 protected:
  void AddEntries(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "entry-" + std::to_string(1000 + i);
      service_.entries[id].set_id(id);
      service_.entries[id].mutable_spiffe_id()->set_trust_domain("example.org");
      service_.entries[id].mutable_spiffe_id()->set_path("/agent/buyer/1");
    }
  }

  const SpiffeId id_ = *SpiffeId::Parse("spiffe://example.org/agent/buyer/1");
  svidence::testing::FakeEntryService service_;
  svidence::testing::SocketPairServer server_{service_};
  EntryClient client_{[this] { return server_.Connect(); }, 2000};
};

TEST_F(EntryClientTest, ReadsPageByPageAndAlwaysWithAPageSize) {
  AddEntries(250);
  const auto entries = client_.List(id_, 1000);
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ(entries->size(), 250U);
  EXPECT_THAT(service_.page_sizes, AllOf(::testing::SizeIs(3), Each(100)));
}

TEST_F(EntryClientTest, TakesSmallerPagesThanItAskedFor) {
  AddEntries(25);
  service_.max_page = 10;
  EXPECT_EQ(client_.List(id_, 1000)->size(), 25U);
}

TEST_F(EntryClientTest, DeletesInBatches) {
  AddEntries(250);
  std::vector<std::string> ids;
  for (const auto& [id, entry] : service_.entries) ids.push_back(id);
  EXPECT_THAT(client_.Delete(ids), IsOk());
  EXPECT_TRUE(service_.entries.empty());
}

TEST_F(EntryClientTest, NamesTheStuckEntryAndDisarmsWhatSpireWrote) {
  AddEntries(1);
  service_.stuck.insert("entry-1000");
  const std::vector<std::string> ids = {"entry-1000"};
  const Status status = client_.Delete(ids);
  EXPECT_THAT(Message(status),
              AllOf(HasSubstr("entry-1000"), HasSubstr("\\x1b[2J is ill"), Not(HasSubstr("\x1b"))));
}

TEST_F(EntryClientTest, AnAnswerForFewerEntriesThanAskedIsAnError) {
  AddEntries(1);
  service_.answers_too_few = true;
  const std::vector<std::string> ids = {"entry-1000"};
  EXPECT_THAT(client_.Delete(ids), StatusIs(StatusCode::kInternal));
}

TEST_F(EntryClientTest, PassesOnWhyItCouldNotConnect) {
  EntryClient client([]() -> StatusOr<int> { return NotFound("set spire_server_socket"); });
  EXPECT_THAT(Message(client.List(id_, 1).status()), HasSubstr("set spire_server_socket"));
  EXPECT_THAT(client.Ping(), StatusIs(StatusCode::kNotFound));
}

TEST_F(EntryClientTest, GivesUpAtItsDeadline) {
  service_.waits_for_cancel = true;
  EntryClient client([this] { return server_.Connect(); }, 50);
  EXPECT_THAT(client.Ping(), StatusIs(StatusCode::kDeadlineExceeded));
}

TEST_F(EntryClientTest, StopEndsACallThatRunsAndRefusesLaterOnes) {
  service_.waits_for_cancel = true;
  EntryClient client([this] { return server_.Connect(); }, 20000);
  std::thread stopper([&client] { client.Stop(); });
  const Status status = client.Ping();
  stopper.join();
  EXPECT_TRUE(status.code() == StatusCode::kCancelled || status.code() == StatusCode::kUnavailable)
      << status;
  EXPECT_THAT(client.Ping(), StatusIs(StatusCode::kUnavailable));
}

TEST_F(EntryClientTest, APeerThatSpeaksNoHttp2IsAnError) {
  EntryClient client(
      []() -> StatusOr<int> {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) return Internal("pair");
        const std::string garbage(300, 'x');
        EXPECT_EQ(write(ends[1], garbage.data(), garbage.size()),
                  static_cast<ssize_t>(garbage.size()));
        close(ends[1]);
        return ends[0];
      },
      2000);
  EXPECT_THAT(client.Ping(), Not(IsOk()));
}

}  // namespace
}  // namespace svidence::spire
