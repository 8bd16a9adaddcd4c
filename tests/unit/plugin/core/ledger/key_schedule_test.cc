#include "plugin/core/ledger/key_schedule.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/json.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "tests/support/key_changes.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::IsOk;
using ::svidence::testing::KeyChanges;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class KeyScheduleTest : public ::testing::Test {
 protected:
  Status Apply(const Entry& entry) { return schedule_.Apply(hasher_, verifier_, entry); }
  std::string VkeyText(std::uint8_t seed) const {
    return FormatVkey(hasher_, changes_.Key(seed).vkey());
  }
  // What `change` says, with the text `from` put in place of `to`.
  Entry Forged(std::string_view from, std::string_view to) const {
    Entry entry = KeyChanges::At(7, changes_.Change(1, 2));
    const std::size_t at = entry.members.find(from);
    EXPECT_NE(at, std::string::npos);
    entry.members.replace(at, from.size(), to);
    return entry;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  KeyChanges changes_{hasher_};
  KeySchedule schedule_ = changes_.Schedule();
};

TEST_F(KeyScheduleTest, BeginsWithTheKeyOfTheOpening) {
  ASSERT_EQ(schedule_.keys().size(), 1U);
  EXPECT_EQ(schedule_.current().key.vkey, changes_.Key(1).vkey());
  EXPECT_TRUE(schedule_.current().MaySign(0));
  EXPECT_TRUE(schedule_.current().MaySign(kMaxIndex));
  EXPECT_EQ(schedule_.origin(), KeyChanges::kOrigin);
}

TEST_F(KeyScheduleTest, AChangeEndsOneRangeAndBeginsTheNextAtTheCheckpointThatShowsIt) {
  ASSERT_THAT(Apply(KeyChanges::At(7, changes_.Change(1, 2))), IsOk());
  ASSERT_THAT(Apply(KeyChanges::At(9, changes_.Change(2, 3))), IsOk());
  struct Case {
    std::uint8_t key;
    std::uint64_t size;
    bool may;
  };
  for (const Case& test :
       {Case{1, 0, true}, Case{1, 8, true}, Case{1, 9, false}, Case{2, 7, false}, Case{2, 8, true},
        Case{2, 10, true}, Case{2, 11, false}, Case{3, 9, false}, Case{3, 10, true}}) {
    EXPECT_EQ(schedule_.CheckMaySign(changes_.Key(test.key).vkey().key, test.size).ok(), test.may)
        << int{test.key} << " at " << test.size;
  }
  EXPECT_EQ(schedule_.current().key.vkey, changes_.Key(3).vkey());
  EXPECT_THAT(Message(schedule_.CheckMaySign(changes_.Key(1).vkey().key, 9)),
              HasSubstr("key 1 of 3 of this log, which signs only up to size 8: entry 7 has "
                        "changed it"));
  EXPECT_THAT(Message(schedule_.CheckMaySign(changes_.Key(3).vkey().key, 4)),
              HasSubstr("only from size 10"));
  EXPECT_THAT(Message(schedule_.CheckMaySign(changes_.Key(9).vkey().key, 4)),
              HasSubstr("never this log's"));
}

TEST_F(KeyScheduleTest, RefusesWhatDoesNotChangeThisKeyIntoANewOne) {
  struct Case {
    Entry entry;
    StatusCode code;
    const char* says;
  };
  Entry other_type = KeyChanges::At(7, changes_.Change(1, 2));
  other_type.type = "key.swapped";
  Entry other_subject = KeyChanges::At(7, changes_.Change(1, 2));
  other_subject.subject = "agent:buyer";
  const std::string from = VkeyText(1);
  const std::string to = VkeyText(2);
  const std::vector<Case> cases = {
      {other_type, StatusCode::kInvalidArgument, "must be a key.changed"},
      {other_subject, StatusCode::kInvalidArgument, "must be a key.changed"},
      {KeyChanges::At(7, changes_.Change(3, 2)), StatusCode::kInvalidArgument,
       "from the log's key"},
      {Forged("\"key\":", "\"kex\":"), StatusCode::kInvalidArgument, "the member \"key\""},
      {Forged("\"old\":", "\"odd\":"), StatusCode::kInvalidArgument, "\"old\""},
      {Forged("\"signatures\":", "\"sign\":"), StatusCode::kInvalidArgument, "\"signatures\""},
      {Forged("scheduled", "because"), StatusCode::kInvalidArgument, "must be one of"},
      {Forged(to, VkeyText(3)), StatusCode::kPermissionDenied, "does not fit"},
      {Forged("scheduled", "moved"), StatusCode::kPermissionDenied, "does not fit"},
      {Forged(to, from), StatusCode::kInvalidArgument, "must not be so again"},
  };
  for (const Case& test : cases) {
    const Status status = Apply(test.entry);
    EXPECT_EQ(status.code(), test.code) << test.says << ": " << Message(status);
    EXPECT_THAT(Message(status), HasSubstr(test.says));
    EXPECT_EQ(schedule_, changes_.Schedule()) << "it is as it was";
  }
}

TEST_F(KeyScheduleTest, OneSignatureIsNotEnough) {
  const EntryDraft whole = changes_.Change(1, 2);
  const std::string both =
      *ParseMembers(KeyChanges::At(7, whole))->Find("key")->Find("signatures")->text();
  const std::size_t second = both.find('\n') + 1;
  for (const std::string& lines : {both.substr(0, second), both.substr(second)}) {
    EntryDraft draft = whole;
    std::string quoted_both;
    std::string quoted_one;
    AppendJsonString(quoted_both, both);
    AppendJsonString(quoted_one, lines);
    draft.members.replace(draft.members.find(quoted_both), quoted_both.size(), quoted_one);
    EXPECT_THAT(Apply(KeyChanges::At(7, draft)), StatusIs(StatusCode::kPermissionDenied)) << lines;
  }
}

TEST_F(KeyScheduleTest, AKeyNeverComesBack) {
  ASSERT_THAT(Apply(KeyChanges::At(7, changes_.Change(1, 2))), IsOk());
  EXPECT_THAT(Apply(KeyChanges::At(8, changes_.Change(2, 1))),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(KeyScheduleTest, TheSignedTextIsNoCheckpoint) {
  const std::string text = KeyChangeText(
      hasher_,
      {.from = changes_.Key(1).vkey(), .to = changes_.Key(2).vkey(), .reason = "scheduled"});
  EXPECT_EQ(text, "svidence/key-change/v1\n" + VkeyText(1) + '\n' + VkeyText(2) + "\nscheduled\n");
  EXPECT_FALSE(ParseCheckpoint(text).ok());
}

TEST_F(KeyScheduleTest, DraftsOnlyWhatWouldBeTaken) {
  const NoteKey one = changes_.Key(1);
  const NoteKey two = changes_.Key(2);
  const KeyChange change{.from = one.vkey(), .to = two.vkey(), .reason = "scheduled"};
  KeyChange other = change;
  other.reason = "tired of it";
  EXPECT_THAT(DraftKeyChanged(hasher_, other, one.signer(), two.signer(), "server:a"),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(DraftKeyChanged(hasher_, change, two.signer(), one.signer(), "server:a"),
              StatusIs(StatusCode::kInvalidArgument));
  other = {.from = one.vkey(), .to = one.vkey(), .reason = "scheduled"};
  EXPECT_THAT(DraftKeyChanged(hasher_, other, one.signer(), one.signer(), "server:a"),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(KeyScheduleTest, OneKeyIsListedAsAVkeyAloneAndSeveralWithTheirRanges) {
  EXPECT_EQ(schedule_.Format(hasher_), VkeyText(1) + '\n');
  ASSERT_THAT(Apply(KeyChanges::At(7, changes_.Change(1, 2))), IsOk());
  EXPECT_EQ(schedule_.Format(hasher_), VkeyText(1) + " 0-8\n" + VkeyText(2) + " 8-\n");
}

TEST_F(KeyScheduleTest, ReadsWhatItWrites) {
  for (const EntryIndex last : {0U, 1U, 2U}) {
    if (last > 0) {
      const auto seed = static_cast<std::uint8_t>(last);
      ASSERT_THAT(Apply(KeyChanges::At(last * 5, changes_.Change(seed, seed + 1))), IsOk());
    }
    const StatusOr<KeySchedule> read = KeySchedule::Parse(hasher_, schedule_.Format(hasher_));
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, schedule_);
  }
  EXPECT_THAT(KeySchedule::Parse(hasher_, VkeyText(1)), IsOk()) << "without its line feed";
}

TEST_F(KeyScheduleTest, RefusesListsThatNoLogCouldHave) {
  const std::string a = VkeyText(1);
  const std::string b = VkeyText(2);
  const std::string foreign =
      FormatVkey(hasher_, NoteKey(hasher_, 2, "example.org/svidence/other").vkey());
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("nonsense\n"), a + " 1-8\n" + b + " 8-\n",
        a + " 0-8\n" + b + " 9-\n", a + " 0-8\n" + b + " 7-\n", a + "\n" + b + " 8-\n",
        a + " 0-8\n" + b + "\n", a + " 0-8\n" + a + " 8-\n", a + " 0-8\n" + foreign + " 8-\n",
        a + " 0-8 \n", a + " 08-9\n", a + " -8\n", a + " 0\n", a + "  0-8\n", a + "\n\n",
        std::string(kMaxKeyListBytes + 1, 'a')}) {
    EXPECT_THAT(KeySchedule::Parse(hasher_, text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST_F(KeyScheduleTest, ALogHasABoundedNumberOfKeys) {
  for (std::uint8_t seed = 1; seed < kMaxLogKeys; ++seed) {
    ASSERT_THAT(Apply(KeyChanges::At(seed, changes_.Change(seed, seed + 1))), IsOk());
  }
  EXPECT_EQ(schedule_.keys().size(), kMaxLogKeys);
  EXPECT_LE(schedule_.Format(hasher_).size(), kMaxKeyListBytes);
  const Status over = Apply(KeyChanges::At(99, changes_.Change(kMaxLogKeys, kMaxLogKeys + 1)));
  EXPECT_THAT(over, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(over), HasSubstr("at most 64"));
}

}  // namespace
}  // namespace svidence::ledger
