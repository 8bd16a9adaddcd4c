#include "plugin/core/ledger/index/index_entry.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::ledger {
namespace {

IndexRoot Sample() {
  IndexRoot root{.size = 42, .leaves = 7};
  root.root.fill(0xab);
  return root;
}

Entry EntryAt(EntryIndex index, const EntryDraft& draft) {
  return *ParseEntry(*RenderEntry(draft, {.index = index, .at_millis = 1'767'225'600'000}));
}

TEST(IndexEntryTest, SaysWhatTheIndexIs) {
  const EntryDraft draft = DraftIndexBuilt(Sample(), "server:a");
  EXPECT_EQ(
      draft.members, R"("index":{"size":42,"leaves":7,"root":"sha256:)" + [] {
        std::string hex;
        for (int i = 0; i < 32; ++i) hex += "ab";
        return hex;
      }() + "\"}");
  EXPECT_EQ(draft.subject, "log");
  EXPECT_EQ(*ParseIndexBuilt(EntryAt(42, draft)), Sample());
  EXPECT_EQ(*ParseIndexBuilt(EntryAt(50, draft)), Sample());
}

TEST(IndexEntryTest, CannotCoverItself) {
  EXPECT_EQ(ParseIndexBuilt(EntryAt(41, DraftIndexBuilt(Sample(), "server:a"))).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(IndexEntryTest, RefusesOtherForms) {
  const std::string root = R"("root":"sha256:)" + std::string(64, 'a') + '"';
  const std::string table[] = {
      "",
      R"("index":3)",
      R"("index":{})",
      R"("index":{"size":1,"leaves":1})",
      R"("index":{"size":-1,"leaves":1,)" + root + "}",
      R"("index":{"size":"1","leaves":1,)" + root + "}",
      R"("index":{"size":1,"leaves":null,)" + root + "}",
      R"("index":{"size":1,"leaves":1,"root":"sha256:00"})",
      R"("index":{"size":1,"leaves":1,"root":7})",
      R"("index":{"size":1,"leaves":1,)" + root + R"(,"more":1})",
      R"("index":{"size":1,"Leaves":1,)" + root + "}",
  };
  for (const std::string& members : table) {
    EntryDraft draft = DraftIndexBuilt(Sample(), "server:a");
    draft.members = members;
    EXPECT_EQ(ParseIndexBuilt(EntryAt(42, draft)).status().code(), StatusCode::kInvalidArgument)
        << members;
  }
  EntryDraft other = DraftIndexBuilt(Sample(), "server:a");
  other.type = "index.other";
  EXPECT_FALSE(ParseIndexBuilt(EntryAt(42, other)).ok());
  other = DraftIndexBuilt(Sample(), "server:a");
  other.subject = "agent:buyer";
  EXPECT_FALSE(ParseIndexBuilt(EntryAt(42, other)).ok());
}

}  // namespace
}  // namespace svidence::ledger
