// The fake and the client of the real thing keep the same promise.
#include <gtest/gtest.h>

#include "plugin/adapters/spire/entry_client.h"
#include "tests/support/fake_entry_directory.h"
#include "tests/support/fake_spire.h"
#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using testing::StatusIs;

SpiffeId Id(std::string_view text) { return *SpiffeId::Parse(text); }

const char* const kBuyer = "spiffe://example.org/agent/buyer/1";

class FakeBackend {
 public:
  void Add(const std::string& id, const std::string& path) {
    fake_.Add({.id = id,
               .spiffe_id = "spiffe://example.org" + path,
               .parent_id = "spiffe://example.org/spire/agent/x",
               .selectors = {"unix:uid:1"},
               .hint = "buyer"});
  }
  void RefuseToDelete(const std::string& id) { fake_.RefuseToDelete(id); }
  void BeDown() { fake_.FailWith(Unavailable("down")); }
  std::vector<std::string> Ids() { return fake_.Ids(); }
  revocation::EntryDirectory& directory() { return fake_; }

 private:
  testing::FakeEntryDirectory fake_;
};

class SpireBackend {
 public:
  void Add(const std::string& id, const std::string& path) {
    ::spire::api::types::Entry& entry = service_.entries[id];
    entry.set_id(id);
    entry.mutable_spiffe_id()->set_trust_domain("example.org");
    entry.mutable_spiffe_id()->set_path(path);
    entry.mutable_parent_id()->set_trust_domain("example.org");
    entry.mutable_parent_id()->set_path("/spire/agent/x");
    auto* const selector = entry.add_selectors();
    selector->set_type("unix");
    selector->set_value("uid:1");
    entry.set_hint("buyer");
  }
  void RefuseToDelete(const std::string& id) { service_.stuck.insert(id); }
  void BeDown() { service_.error = {::grpc::StatusCode::UNAVAILABLE, "down"}; }
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    for (const auto& [id, entry] : service_.entries) ids.push_back(id);
    return ids;
  }
  revocation::EntryDirectory& directory() { return client_; }

 private:
  testing::FakeEntryService service_;
  testing::SocketPairServer server_{service_};
  spire::EntryClient client_{[this] { return server_.Connect(); }};
};

template <typename Backend>
class EntryDirectoryContractTest : public ::testing::Test {
 protected:
  Backend backend_;
};
using Backends = ::testing::Types<FakeBackend, SpireBackend>;
TYPED_TEST_SUITE(EntryDirectoryContractTest, Backends);

TYPED_TEST(EntryDirectoryContractTest, ListsEntriesWithExactlyThatIdAndWhatAPersonMustSee) {
  this->backend_.Add("e1", "/agent/buyer/1");
  this->backend_.Add("e2", "/agent/buyer/10");
  this->backend_.Add("e3", "/agent/buyer");
  const auto entries = this->backend_.directory().List(Id(kBuyer), 10);
  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().id, "e1");
  EXPECT_EQ(entries->front().spiffe_id, kBuyer);
  EXPECT_EQ(entries->front().parent_id, "spiffe://example.org/spire/agent/x");
  EXPECT_THAT(entries->front().selectors, ElementsAre("unix:uid:1"));
  EXPECT_EQ(entries->front().hint, "buyer");
}

TYPED_TEST(EntryDirectoryContractTest, ListsAtMostWhatIsAskedFor) {
  for (int i = 0; i < 5; ++i) this->backend_.Add("e" + std::to_string(i), "/agent/buyer/1");
  EXPECT_EQ(this->backend_.directory().List(Id(kBuyer), 3)->size(), 3U);
  EXPECT_EQ(this->backend_.directory().List(Id(kBuyer), 5)->size(), 5U);
  EXPECT_EQ(this->backend_.directory().List(Id(kBuyer), 6)->size(), 5U);
}

TYPED_TEST(EntryDirectoryContractTest, ListsNothingForAnIdThatHasNoEntry) {
  const auto entries = this->backend_.directory().List(Id(kBuyer), 10);
  ASSERT_THAT(entries, IsOk());
  EXPECT_TRUE(entries->empty());
}

TYPED_TEST(EntryDirectoryContractTest, DeletesWhatItIsToldAndNothingElse) {
  this->backend_.Add("e1", "/agent/buyer/1");
  this->backend_.Add("e2", "/agent/buyer/1");
  this->backend_.Add("e3", "/agent/buyer/1");
  const std::vector<std::string> ids = {"e1", "e3"};
  EXPECT_THAT(this->backend_.directory().Delete(ids), IsOk());
  EXPECT_THAT(this->backend_.Ids(), ElementsAre("e2"));
}

TYPED_TEST(EntryDirectoryContractTest, CountsAnEntryThatIsGoneAsDeleted) {
  const std::vector<std::string> ids = {"gone"};
  EXPECT_THAT(this->backend_.directory().Delete(ids), IsOk());
}

TYPED_TEST(EntryDirectoryContractTest, TriesAllAndReportsTheOneThatStays) {
  this->backend_.Add("e1", "/agent/buyer/1");
  this->backend_.Add("e2", "/agent/buyer/1");
  this->backend_.RefuseToDelete("e1");
  const std::vector<std::string> ids = {"e1", "e2"};
  EXPECT_THAT(this->backend_.directory().Delete(ids), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(this->backend_.Ids(), ElementsAre("e1"));
}

TYPED_TEST(EntryDirectoryContractTest, SaysUnavailableWhenSpireDoesNotAnswer) {
  this->backend_.BeDown();
  const std::vector<std::string> ids = {"e1"};
  EXPECT_THAT(this->backend_.directory().List(Id(kBuyer), 1), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(this->backend_.directory().Delete(ids), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence
