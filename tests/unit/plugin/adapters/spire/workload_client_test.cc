#include "plugin/adapters/spire/workload_client.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/fake_spire.h"
#include "tests/support/status_matchers.h"

namespace svidence::spire {
namespace {

using svidence::testing::IsOk;
using svidence::testing::StatusIs;
using ::testing::HasSubstr;

class WorkloadClientTest : public ::testing::Test {
 protected:
  static ::X509SVIDResponse Update(const std::string& chain) {
    ::X509SVIDResponse response;
    auto* const svid = response.add_svids();
    svid->set_spiffe_id("spiffe://example.org/agent/buyer/1");
    svid->set_x509_svid(chain);
    svid->set_x509_svid_key("key");
    svid->set_bundle("bundle");
    svid->set_hint("buyer");
    (*response.mutable_federated_bundles())["spiffe://other.org"] = "other";
    return response;
  }

  svidence::testing::FakeWorkloadService service_;
  svidence::testing::SocketPairServer server_{service_};
  WorkloadClient client_{*server_.Connect()};
};

TEST_F(WorkloadClientTest, GivesOneUpdateWithAllItsParts) {
  service_.updates = {Update("chain")};
  service_.keeps_stream = true;
  std::vector<std::string> seen;
  EXPECT_THAT(client_.WatchX509(5000,
                                [&seen](const X509Update& update) {
                                  const X509Svid& svid = update.svids.at(0);
                                  seen = {svid.spiffe_id,
                                          svid.chain_der,
                                          std::string(svid.key_der.Reveal()),
                                          svid.bundle_der,
                                          svid.hint,
                                          update.federated_bundles.at("spiffe://other.org")};
                                  return false;
                                }),
              IsOk());
  EXPECT_THAT(seen, ::testing::ElementsAre("spiffe://example.org/agent/buyer/1", "chain", "key",
                                           "bundle", "buyer", "other"));
}

TEST_F(WorkloadClientTest, FollowsRotationsUntilTheAgentEndsTheStream) {
  service_.updates = {Update("one"), Update("two")};
  std::vector<std::string> seen;
  const Status status = client_.WatchX509(0, [&seen](const X509Update& update) {
    seen.push_back(update.svids.at(0).chain_der);
    return true;
  });
  EXPECT_THAT(seen, ::testing::ElementsAre("one", "two"));
  EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable));
}

TEST_F(WorkloadClientTest, CancelEndsAStreamThatIsKept) {
  service_.updates = {Update("one")};
  service_.keeps_stream = true;
  const Status status = client_.WatchX509(0, [this](const X509Update& /*update*/) {
    client_.Cancel();
    return true;
  });
  EXPECT_THAT(status, StatusIs(StatusCode::kCancelled));
}

TEST_F(WorkloadClientTest, SaysWhatToDoWhenThereIsNoIdentity) {
  service_.error = {::grpc::StatusCode::PERMISSION_DENIED, "no identity issued"};
  const Status status = client_.WatchX509(5000, [](const X509Update&) { return true; });
  EXPECT_THAT(status, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(status), HasSubstr("spire-server entry show"));
}

TEST_F(WorkloadClientTest, GivesUpAtItsDeadline) {
  service_.keeps_stream = true;
  EXPECT_THAT(client_.WatchX509(50, [](const X509Update&) { return true; }),
              StatusIs(StatusCode::kDeadlineExceeded));
}

TEST_F(WorkloadClientTest, FetchesTokensForAnAudience) {
  auto* const svid = service_.jwt.add_svids();
  svid->set_spiffe_id("spiffe://example.org/agent/buyer/1");
  svid->set_svid("a.b.c");
  const std::vector<std::string> audience = {"ledger", "shop"};
  const auto svids = client_.FetchJwt(audience, "spiffe://example.org/agent/buyer/1", 5000);
  ASSERT_THAT(svids, IsOk());
  ASSERT_EQ(svids->size(), 1U);
  EXPECT_EQ(svids->front().token, "a.b.c");
  EXPECT_EQ(service_.last_jwt_request.audience_size(), 2);
  EXPECT_EQ(service_.last_jwt_request.spiffe_id(), "spiffe://example.org/agent/buyer/1");
}

}  // namespace
}  // namespace svidence::spire
