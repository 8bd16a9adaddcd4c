// Service, server and client together, over socket pairs.
#include "plugin/adapters/grpc/admin_service.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "plugin/adapters/grpc/admin_client.h"
#include "plugin/adapters/grpc/admin_server.h"
#include "tests/support/fake_backend.h"
#include "tests/support/fake_name_directory.h"
#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Not;
using testing::StatusIs;

const char* const kBuyer = "spiffe://example.org/agent/buyer/1";

class AdminServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    users_.AddUser(1000, "alice");
    auto server = AdminServer::Start(backend_, users_);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }

  // A client whose connection the server takes for this caller's.
  std::unique_ptr<AdminClient> Connect(std::int64_t uid, bool may_write) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    admin::Caller caller;
    caller.pid = 42;
    caller.uid = uid;
    caller.gid = 7;
    caller.may_write = may_write;
    last_fd_ = ends[1];
    server_->Serve(ends[1], caller);
    return std::make_unique<AdminClient>(ends[0], 10000);
  }

  testing::FakeBackend backend_;
  testing::FakeNameDirectory users_;
  std::unique_ptr<AdminServer> server_;
  int last_fd_ = -1;
};

TEST_F(AdminServiceTest, KnowsWhoIsBehindEachConnection) {
  const auto alice = Connect(1000, true);
  const auto nameless = Connect(4242, true);
  const auto reader = Connect(1000, false);
  EXPECT_THAT(alice->Revoke({}, kBuyer, "misbehaviour"), IsOk());
  EXPECT_THAT(nameless->Restore({}, kBuyer, "superseded"), IsOk());
  EXPECT_THAT(reader->GetAgent({}, "buyer"), IsOk());
  EXPECT_THAT(alice->Restore({}, kBuyer, "superseded"), IsOk());
  EXPECT_THAT(
      backend_.calls(),
      ElementsAre("Revoke " + std::string(kBuyer) + " misbehaviour by uid 1000 alice write",
                  "Restore " + std::string(kBuyer) + " superseded by uid 4242  write",
                  "GetAgent buyer by uid 1000  read",
                  "Restore " + std::string(kBuyer) + " superseded by uid 1000 alice write"));
}

TEST_F(AdminServiceTest, ADirectoryOfUsersThatIsDownLeavesTheNumber) {
  users_.FailWith(Unavailable("LDAP"));
  EXPECT_THAT(Connect(1000, true)->Restore({}, kBuyer, "superseded"), IsOk());
  EXPECT_THAT(backend_.calls().back(), HasSubstr("by uid 1000  write"));
}

TEST_F(AdminServiceTest, AForgottenConnectionMayDoNothing) {
  const auto client = Connect(1000, true);
  server_->Forget(last_fd_);
  EXPECT_THAT(client->Restore({}, kBuyer, "superseded"), IsOk());
  EXPECT_THAT(backend_.calls().back(), HasSubstr("by uid -1  read"));
}

TEST_F(AdminServiceTest, CarriesTheStatus) {
  backend_.status = {.version = "0.1.0",
                     .state = admin::State::kRefusing,
                     .reason = "the ledger is locked",
                     .trust_domain = "example.org",
                     .server_id = "a",
                     .now_millis = 5,
                     .started_millis = 4,
                     .checks = {{"ledger", admin::Level::kBad, "locked"},
                                {"spire", admin::Level::kWarn, "silent"},
                                {"disk", admin::Level::kOk, "fine"}},
                     .counters = {{"issued_x509", std::uint64_t{1} << 60U}}};
  const auto report = Connect(1, false)->GetStatus();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->version, "0.1.0");
  EXPECT_EQ(report->state, admin::State::kRefusing);
  EXPECT_EQ(report->reason, "the ledger is locked");
  EXPECT_EQ(report->trust_domain, "example.org");
  EXPECT_EQ(report->server_id, "a");
  EXPECT_EQ(report->now_millis, 5);
  EXPECT_EQ(report->started_millis, 4);
  ASSERT_EQ(report->checks.size(), 3U);
  EXPECT_EQ(report->checks[0].level, admin::Level::kBad);
  EXPECT_EQ(report->checks[1].level, admin::Level::kWarn);
  EXPECT_EQ(report->checks[2].level, admin::Level::kOk);
  EXPECT_EQ(report->checks[2].detail, "fine");
  EXPECT_EQ(report->counters.at(0).value, std::uint64_t{1} << 60U);
}

admin::AgentInfo SomeAgent(const std::string& name) {
  admin::AgentInfo info;
  info.agent.name = name;
  info.agent.scope = 3;
  info.agent.trust = {.score = 7000,
                      .as_of = 1795442400,
                      .rule = {.half_life = 86400, .floor = 1000, .hold = 60},
                      .policy = "sha256:00"};
  info.agent.sponsor = registry::SponsorRecord{
      .ref = "Jx0", .verified = true, .method = "ssh-sk", .until = 1798048800};
  info.agent.registered_in = 9;
  info.person = "alice@example.org";
  return info;
}

void ExpectSame(const admin::AgentInfo& got, const admin::AgentInfo& wanted) {
  EXPECT_EQ(got.agent.name, wanted.agent.name);
  EXPECT_EQ(got.agent.scope, wanted.agent.scope);
  EXPECT_EQ(got.agent.trust, wanted.agent.trust);
  EXPECT_EQ(got.agent.sponsor, wanted.agent.sponsor);
  EXPECT_EQ(got.agent.registered_in, wanted.agent.registered_in);
  EXPECT_EQ(got.person, wanted.person);
}

TEST_F(AdminServiceTest, CarriesARegistrationBothWays) {
  backend_.registered = {SomeAgent("buyer"), 12};
  admin::Registration wanted;
  wanted.name = "buyer";
  wanted.scope = 3;
  wanted.sponsor = "alice@example.org";
  wanted.score = 0;
  wanted.hold = 5;
  wanted.change = true;
  const auto registered = Connect(1000, true)->RegisterAgent({}, wanted);
  ASSERT_THAT(registered, IsOk());
  EXPECT_EQ(registered->index, 12U);
  ExpectSame(registered->info, SomeAgent("buyer"));
  ASSERT_TRUE(backend_.last_registration);
  EXPECT_EQ(backend_.last_registration->sponsor, wanted.sponsor);
  EXPECT_EQ(backend_.last_registration->score, 0) << "given, and not the same as absent";
  EXPECT_EQ(backend_.last_registration->half_life, std::nullopt);
  EXPECT_EQ(backend_.last_registration->floor, std::nullopt);
  EXPECT_EQ(backend_.last_registration->hold, 5);
  EXPECT_TRUE(backend_.last_registration->change);
}

TEST_F(AdminServiceTest, CarriesAgentsWithAndWithoutSponsor) {
  admin::AgentInfo rogue = SomeAgent("rogue");
  rogue.agent.sponsor.reset();
  rogue.person.clear();
  admin::AgentInfo endless = SomeAgent("endless");
  endless.agent.sponsor->until.reset();
  backend_.agents = {SomeAgent("buyer"), endless, rogue};
  backend_.detail = {rogue, {kBuyer}, true};
  const auto client = Connect(1000, true);
  const auto page = client->ListAgents({}, "", 3);
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->agents.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) ExpectSame(page->agents[i], backend_.agents[i]);
  EXPECT_TRUE(client->ListAgents({}, "", 2)->more);
  EXPECT_EQ(client->ListAgents({}, "endless", 2)->agents.size(), 1U);
  const auto detail = client->GetAgent({}, "rogue");
  ASSERT_THAT(detail, IsOk());
  ExpectSame(detail->info, rogue);
  EXPECT_THAT(detail->revoked, ElementsAre(kBuyer));
  EXPECT_TRUE(detail->more_revoked);
}

TEST_F(AdminServiceTest, CarriesARevocation) {
  backend_.preview = {.agent = "buyer",
                      .registered = true,
                      .revoked = true,
                      .entries = {{"e1",
                                   kBuyer,
                                   "spiffe://example.org/spire/agent/x",
                                   {"unix:uid:1", "svidence:user:a"},
                                   "hint"}},
                      .spire_trouble = "no answer"};
  backend_.report.outcome = {.already = true,
                             .recorded = false,
                             .index = std::nullopt,
                             .ledger_trouble = "full",
                             .spool_trouble = "full too"};
  backend_.report.deletion = {.done = true, .deleted = 3, .trouble = "was slow"};
  backend_.restored = 17;
  const auto client = Connect(1000, true);
  const auto preview = client->PreviewRevoke(kBuyer);
  ASSERT_THAT(preview, IsOk());
  EXPECT_EQ(preview->agent, "buyer");
  EXPECT_TRUE(preview->registered);
  EXPECT_TRUE(preview->revoked);
  EXPECT_EQ(preview->spire_trouble, "no answer");
  ASSERT_EQ(preview->entries.size(), 1U);
  EXPECT_EQ(preview->entries[0].parent_id, "spiffe://example.org/spire/agent/x");
  EXPECT_THAT(preview->entries[0].selectors, ElementsAre("unix:uid:1", "svidence:user:a"));

  const auto report = client->Revoke({}, kBuyer, "misbehaviour");
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->outcome.already);
  EXPECT_FALSE(report->outcome.recorded);
  EXPECT_EQ(report->outcome.index, std::nullopt);
  EXPECT_EQ(report->outcome.ledger_trouble, "full");
  EXPECT_EQ(report->outcome.spool_trouble, "full too");
  EXPECT_TRUE(report->deletion.done);
  EXPECT_EQ(report->deletion.deleted, 3U);
  EXPECT_EQ(report->deletion.trouble, "was slow");
  backend_.report.outcome.index = 0;
  EXPECT_EQ(client->Revoke({}, kBuyer, "misbehaviour")->outcome.index, 0U);
  EXPECT_THAT(client->Restore({}, kBuyer, "superseded"), IsOkAndHolds(17U));
}

TEST_F(AdminServiceTest, CarriesAnErasure) {
  backend_.erased = {
      .ref = "Jx0", .index = 9, .already = true, .withdrawn = {"buyer"}, .trouble = "locked"};
  const auto client = Connect(1000, true);
  const auto erased = client->EraseSponsor(
      {}, {.ref = "", .person = "alice", .reason = "request", .withdraw = true});
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->ref, "Jx0");
  EXPECT_EQ(erased->index, 9U);
  EXPECT_TRUE(erased->already);
  EXPECT_THAT(erased->withdrawn, ElementsAre("buyer"));
  EXPECT_EQ(erased->trouble, "locked");
  EXPECT_THAT(backend_.calls().back(),
              ::testing::StartsWith("EraseSponsor alice request withdraw by uid 1000"));
  ASSERT_THAT(client->EraseSponsor({}, {.ref = "Jx0", .person = "", .reason = "request"}), IsOk());
  EXPECT_THAT(backend_.calls().back(), ::testing::StartsWith("EraseSponsor Jx0 request by"));
}

TEST_F(AdminServiceTest, CarriesAChangeOfKeys) {
  backend_.rotated = {.index = 7, .keys = "k 0-8\n", .checkpoint = "c", .todo = "set it"};
  const auto client = Connect(1000, true);
  const auto rotated = client->RotateKey({}, {.source = "/k", .reason = "moved"});
  ASSERT_THAT(rotated, IsOk());
  EXPECT_EQ(rotated->index, 7U);
  EXPECT_EQ(rotated->keys, "k 0-8\n");
  EXPECT_EQ(rotated->checkpoint, "c");
  EXPECT_EQ(rotated->todo, "set it");
  EXPECT_THAT(backend_.calls().back(), ::testing::StartsWith("RotateKey /k moved by uid 1000"));
}

TEST_F(AdminServiceTest, CarriesTheLedger) {
  backend_.info = {.directory = "/var/lib/svidence",
                   .uuid = "u",
                   .origin = "o",
                   .vkey = "k",
                   .trust_domain = "example.org",
                   .size = 3,
                   .last_leaf = {1, 2, 3},
                   .last_at_millis = 77,
                   .keys = "k 0-\n",
                   .checkpoint = "a note"};
  backend_.entries = {"zero", "one", "two"};
  const auto client = Connect(1, false);
  const auto info = client->Info();
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->directory, "/var/lib/svidence");
  EXPECT_EQ(info->vkey, "k");
  EXPECT_EQ(info->size, 3U);
  EXPECT_EQ(info->last_leaf, backend_.info.last_leaf);
  EXPECT_EQ(info->last_at_millis, 77);
  EXPECT_EQ(info->keys, "k 0-\n");
  EXPECT_EQ(info->checkpoint, "a note");

  admin::EntryQuery query;
  query.before = 2;
  query.page_size = 1;
  query.type = "issue.*";
  query.agent = "buyer";
  query.subject = kBuyer;
  const auto page = client->List(query);
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->entries, ElementsAre("one"));
  EXPECT_EQ(page->before, 1U);
  EXPECT_EQ(backend_.last_query->type, "issue.*");
  EXPECT_EQ(backend_.last_query->agent, "buyer");
  EXPECT_EQ(backend_.last_query->subject, kBuyer);

  EXPECT_THAT(client->Get(1), IsOkAndHolds(std::string("one")));
  EXPECT_THAT(client->Get(3), StatusIs(StatusCode::kNotFound));
}

TEST_F(AdminServiceTest, StreamsAnExportUntilTheSinkHasEnough) {
  backend_.entries = {"zero", "one", "two"};
  const auto client = Connect(1, false);
  std::vector<std::string> got;
  const auto take = [&got](const std::vector<std::string>& entries) {
    got.insert(got.end(), entries.begin(), entries.end());
    return OkStatus();
  };
  EXPECT_THAT(client->Export(1, take), IsOk());
  EXPECT_THAT(got, ElementsAre("one", "two"));
  EXPECT_THAT(
      client->Export(0, [](const std::vector<std::string>&) { return Unavailable("full"); }),
      StatusIs(StatusCode::kUnavailable));
  backend_.error = DataLoss("entry 3 is missing");
  EXPECT_THAT(client->Export(0, take), StatusIs(StatusCode::kDataLoss));
}

TEST_F(AdminServiceTest, StreamsTheProgressOfAVerificationThenItsResult) {
  backend_.progress_calls = 3;
  backend_.verified = {.intact = false,
                       .entries = 41,
                       .last_leaf = {9},
                       .first_bad = 41,
                       .kind = "prev",
                       .reason = "does not follow"};
  const auto client = Connect(1, false);
  std::vector<std::uint64_t> seen;
  const auto report = client->Verify([&seen](std::uint64_t checked, std::uint64_t total) {
    EXPECT_EQ(total, 3U);
    seen.push_back(checked);
    return OkStatus();
  });
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 3));
  EXPECT_FALSE(report->intact);
  EXPECT_EQ(report->entries, 41U);
  EXPECT_EQ(report->first_bad, 41U);
  EXPECT_EQ(report->kind, "prev");
  EXPECT_EQ(report->reason, "does not follow");
  EXPECT_THAT(client->Verify([](std::uint64_t, std::uint64_t) { return Unavailable("stop"); }),
              StatusIs(StatusCode::kUnavailable));
}

TEST_F(AdminServiceTest, CarriesErrorsButNoInternals) {
  const auto client = Connect(1, false);
  backend_.error = FailedPrecondition("set allow_unsigned = true");
  EXPECT_EQ(Message(client->GetStatus().status()), "set allow_unsigned = true");
  backend_.error = Internal("pointer 0x1234");
  const Status status = client->GetStatus().status();
  EXPECT_THAT(status, StatusIs(StatusCode::kInternal));
  EXPECT_THAT(Message(status), Not(HasSubstr("0x1234")));
}

TEST_F(AdminServiceTest, ARequestOfAnImpossibleSizeReachesNobody) {
  EXPECT_THAT(Connect(1000, true)->PreviewRevoke(std::string(100000, 'a')),
              StatusIs(StatusCode::kResourceExhausted));
  EXPECT_TRUE(backend_.calls().empty());
}

TEST_F(AdminServiceTest, AServerThatEndsIsUnavailable) {
  const auto client = Connect(1, false);
  EXPECT_THAT(client->GetStatus(), IsOk());
  server_.reset();
  EXPECT_THAT(client->GetStatus(), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence
