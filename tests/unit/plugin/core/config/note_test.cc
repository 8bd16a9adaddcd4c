#include "plugin/core/config/note.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::config {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(NoteTest, NamesLineColumnAndKeyBeforeTheMessage) {
  EXPECT_EQ(NoteText({.at = {3, 7}, .key = "trust.half_life", .message = "too long"}),
            "3:7: trust.half_life: too long");
}

TEST(NoteTest, LeavesOutTheKeyWhereThereIsNone) {
  EXPECT_EQ(NoteText({.at = {1, 1}, .key = "", .message = "too long"}), "1:1: too long");
}

TEST(NoteTest, QuotesAKeyThatIsNotOfOurAlphabet) {
  EXPECT_EQ(NoteText({.at = {1, 1}, .key = "a\n{\"@level\"", .message = "unknown key"}),
            R"(1:1: "a\x0a{\"@level\"": unknown key)");
}

TEST(NoteTest, OrdersTextsByPlaceAndKeepsTheOrderOfEqualPlaces) {
  EXPECT_THAT(NoteTexts({{.at = {2, 1}, .key = "", .message = "c"},
                         {.at = {1, 9}, .key = "", .message = "a"},
                         {.at = {1, 9}, .key = "", .message = "b"}}),
              ElementsAre("1:9: a", "1:9: b", "2:1: c"));
}

TEST(NoteTest, ListsAllNotesUpToTheBound) {
  EXPECT_THAT(NoteTexts(std::vector<Note>(kMaxNotes)), SizeIs(kMaxNotes));
}

TEST(NoteTest, SaysThatMoreNotesThanTheBoundExist) {
  const std::vector<std::string> texts = NoteTexts(std::vector<Note>(kMaxNotes + 1));
  ASSERT_THAT(texts, SizeIs(kMaxNotes + 1));
  EXPECT_EQ(texts.back(), "more problems follow; the first 32 are listed");
}

TEST(NoteTest, MakesOneInvalidArgumentOfAllNotes) {
  const Status status = NotesStatus({"1:1: a", "2:1: b"});
  EXPECT_THAT(status, testing::StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(Message(status), "plugin_data: 1:1: a; 2:1: b");
}

TEST(NoteTest, IsOkWithoutNotes) { EXPECT_THAT(NotesStatus({}), testing::IsOk()); }

}  // namespace
}  // namespace svidence::config
