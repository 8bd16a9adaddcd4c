#include "plugin/core/ledger/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

EntryDraft MakeDraft() {
  return {.type = "issue.x509",
          .by = "server:a",
          .subject = "spiffe://example.org/agent/buyer/3f2a",
          .agent = "buyer",
          .members = R"("now":1795456800,"scope":3)"};
}

EntryPlace MakePlace() {
  EntryPlace place{.index = 42, .at_millis = 1'795'456'800'123, .subject_prev = 37};
  place.prev.fill(0x91);
  return place;
}

constexpr std::string_view kRendered =
    R"({"v":1,"i":42,"at":"2026-11-23T18:00:00.123Z",)"
    R"("prev":"kZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZE=","type":"issue.x509",)"
    R"("by":"server:a","subject":"spiffe://example.org/agent/buyer/3f2a","subject_prev":37,)"
    R"("agent":"buyer","now":1795456800,"scope":3})";

TEST(EntryTest, IsWrittenByteForByteAsTheFormatSays) {
  EXPECT_THAT(RenderEntry(MakeDraft(), MakePlace()), IsOkAndHolds(std::string(kRendered)));
}

TEST(EntryTest, LeavesOutWhatTheDraftLeavesOut) {
  const EntryDraft draft{.type = "alert.raised", .by = "server:a", .subject = "log"};
  EXPECT_THAT(RenderEntry(draft, {}),
              IsOkAndHolds(std::string(
                  R"({"v":1,"i":0,"at":"1970-01-01T00:00:00.000Z",)"
                  R"("prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","type":"alert.raised",)"
                  R"("by":"server:a","subject":"log","subject_prev":null})")));
}

TEST(EntryTest, IsReadAsItWasWritten) {
  const StatusOr<Entry> entry = ParseEntry(kRendered);
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->place, MakePlace());
  EXPECT_EQ(entry->type, "issue.x509");
  EXPECT_EQ(entry->by, "server:a");
  EXPECT_EQ(entry->subject, "spiffe://example.org/agent/buyer/3f2a");
  EXPECT_EQ(entry->agent, "buyer");
  EXPECT_EQ(entry->members, R"("now":1795456800,"scope":3)");
}

TEST(EntryTest, GivesItsOwnMembersAsATree) {
  const StatusOr<Json> members = ParseMembers(*ParseEntry(kRendered));
  ASSERT_TRUE(members.ok()) << members.status();
  ASSERT_NE(members->Find("scope"), nullptr);
  EXPECT_EQ(*members->Find("scope")->integer(), 3);
  EXPECT_EQ(members->Find("agent"), nullptr);
}

TEST(EntryTest, OwnMembersThatCameFromNoEntryAreRefused) {
  EXPECT_THAT(ParseMembers(Entry{.members = R"("a":1.5)"}), StatusIs(StatusCode::kInvalidArgument));
}

struct BadDraftCase {
  const char* name;
  void (*spoil)(EntryDraft&, EntryPlace&);
};
class EntryBadDraftTest : public ::testing::TestWithParam<BadDraftCase> {};

TEST_P(EntryBadDraftTest, IsNotWritten) {
  EntryDraft draft = MakeDraft();
  EntryPlace place = MakePlace();
  ASSERT_TRUE(RenderEntry(draft, place).ok());
  GetParam().spoil(draft, place);
  EXPECT_THAT(RenderEntry(draft, place), StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, EntryBadDraftTest,
    ::testing::Values(
        BadDraftCase{"TypeEmpty", [](EntryDraft& d, EntryPlace&) { d.type.clear(); }},
        BadDraftCase{"TypeUpperCase", [](EntryDraft& d, EntryPlace&) { d.type = "Issue"; }},
        BadDraftCase{"TypeTooLong", [](EntryDraft& d, EntryPlace&) { d.type.assign(65, 'a'); }},
        BadDraftCase{"ByWithQuote", [](EntryDraft& d, EntryPlace&) { d.by = "a\"b"; }},
        BadDraftCase{"ByForgesAMember",
                     [](EntryDraft& d, EntryPlace&) { d.by = R"(a","subject":"b)"; }},
        BadDraftCase{"SubjectNotAscii", [](EntryDraft& d, EntryPlace&) { d.subject = "\xc3\xa4"; }},
        BadDraftCase{"SubjectTooLong",
                     [](EntryDraft& d, EntryPlace&) { d.subject.assign(kMaxNameBytes + 1, 'a'); }},
        BadDraftCase{"AgentWithSpace", [](EntryDraft& d, EntryPlace&) { d.agent = "a b"; }},
        BadDraftCase{"AgentHiddenInMembers",
                     [](EntryDraft& d, EntryPlace&) {
                       d.agent.clear();
                       d.members = R"("agent":"x")";
                     }},
        BadDraftCase{"MembersNotJson", [](EntryDraft& d, EntryPlace&) { d.members = "now"; }},
        BadDraftCase{"MembersEndTheEntry",
                     [](EntryDraft& d, EntryPlace&) { d.members = R"("a":1},{"b":2)"; }},
        BadDraftCase{"MembersRepeatACommonOne",
                     [](EntryDraft& d, EntryPlace&) { d.members = R"("i":7)"; }},
        BadDraftCase{"MembersNotUtf8",
                     [](EntryDraft& d, EntryPlace&) { d.members = "\"a\":\"\xff\""; }},
        BadDraftCase{"MembersWithFraction",
                     [](EntryDraft& d, EntryPlace&) { d.members = R"("a":1.0)"; }},
        BadDraftCase{"TimeBefore1970", [](EntryDraft&, EntryPlace& p) { p.at_millis = -1; }},
        BadDraftCase{"TimeAfter9999",
                     [](EntryDraft&, EntryPlace& p) { p.at_millis = kMaxTimeMillis + 1; }},
        BadDraftCase{"IndexTooHigh", [](EntryDraft&, EntryPlace& p) { p.index = kMaxIndex + 1; }},
        BadDraftCase{"SubjectPrevItself",
                     [](EntryDraft&, EntryPlace& p) { p.subject_prev = p.index; }}),
    [](const ::testing::TestParamInfo<BadDraftCase>& test) { return test.param.name; });

TEST(EntryTest, MayHaveExactlyTheBoundOfBytes) {
  EntryDraft draft = MakeDraft();
  draft.members = R"("a":"")";
  const std::size_t rest = RenderEntry(draft, MakePlace())->size();
  draft.members = R"("a":")" + std::string(kMaxEntryBytes - rest, 'x') + '"';
  const StatusOr<std::string> longest = RenderEntry(draft, MakePlace());
  ASSERT_TRUE(longest.ok()) << longest.status();
  EXPECT_EQ(longest->size(), kMaxEntryBytes);
  draft.members = R"("a":")" + std::string(kMaxEntryBytes - rest + 1, 'x') + '"';
  const StatusOr<std::string> over = RenderEntry(draft, MakePlace());
  EXPECT_THAT(over, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(over.status()), HasSubstr("at most 16384 bytes, got 16385"));
}

// The format document's two-line example of leaf hashes and links. It stands
// there for hashing only: without `by` and `subject` it is no entry.
constexpr std::string_view kFirstLine =
    R"({"v":1,"i":0,"at":"2026-01-01T00:00:00.000Z",)"
    R"("prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","type":"log.opened"})";
constexpr std::string_view kSecondLine =
    R"({"v":1,"i":1,"at":"2026-01-01T00:00:01.000Z",)"
    R"("prev":"cDWNSghFz23hyIgIlWsc/ZwX7AkUOmirn4zLGdX2XX0=","type":"alert.raised"})";

TEST(LeafHashTest, IsThatOfTheWorkedExample) {
  const openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  ASSERT_EQ(kFirstLine.size(), 119U);
  ASSERT_EQ(kSecondLine.size(), 121U);
  const Digest first = LeafHash(hasher, kFirstLine);
  EXPECT_EQ(HexEncode(first), "70358d4a0845cf6de1c88808956b1cfd9c17ec09143a68ab9f8ccb19d5f65d7d");
  EXPECT_THAT(kSecondLine, HasSubstr(Base64Encode(first)));
  EXPECT_EQ(HexEncode(LeafHash(hasher, kSecondLine)),
            "30f1e3f6295c1ffa01d7af50170f67f7732864cf0cc2bdf647af0e87117c80c7");
  EXPECT_THAT(ParseEntry(kFirstLine), StatusIs(StatusCode::kInvalidArgument));
}

// RFC 6962's leaf of the empty text: the prefix byte counts.
TEST(LeafHashTest, OfNothingIsTheHashOfOneZeroByte) {
  const openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  EXPECT_EQ(HexEncode(LeafHash(hasher, "")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

}  // namespace
}  // namespace svidence::ledger
