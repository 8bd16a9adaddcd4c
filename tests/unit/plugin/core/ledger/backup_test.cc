#include "plugin/core/ledger/backup.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_ledger_store.h"
#include "tests/support/key_changes.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeLedgerStore;
using ::svidence::testing::IsOk;
using ::svidence::testing::KeyChanges;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() { Fill(10); }
  void Fill(std::size_t count) {
    store_.Tamper([&](std::vector<StoredEntry>& stored) { stored = changes_.Chain(count, 6); });
  }
  StatusOr<LedgerDescription> Describe(const std::string& checkpoint = {}) {
    return DescribeLedger(store_, hasher_, verifier_, checkpoint);
  }
  // The checkpoint of the first `size` entries, signed with a key.
  std::string Signed(std::size_t size, std::uint8_t key) const {
    CompactRange tree;
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_THAT(tree.Append(hasher_, store_.All()[i].leaf), IsOk());
    }
    return *changes_.Key(key).signer().SignTree(size, tree.Root(hasher_));
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  KeyChanges changes_{hasher_};
  FakeLedgerStore store_;
};

TEST_F(BackupTest, DescribesAWholeLedger) {
  const StatusOr<LedgerDescription> ledger = Describe();
  ASSERT_THAT(ledger, IsOk());
  EXPECT_EQ(ledger->head.size, 10U);
  EXPECT_EQ(ledger->identity, changes_.Identity());
  EXPECT_EQ(ledger->keys.keys().size(), 2U);
  EXPECT_THAT(CheckManifest(ManifestOf(*ledger, 5), *ledger), IsOk());
}

TEST_F(BackupTest, GoesOnFromItsCheckpointByTheKeyOfThatSize) {
  EXPECT_THAT(Describe(Signed(10, 2)), IsOk());
  EXPECT_THAT(Describe(Signed(4, 1)), IsOk());
  EXPECT_THAT(Describe(Signed(7, 1)), IsOk());
  EXPECT_THAT(Describe(Signed(10, 1)), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Describe(Signed(4, 3)), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Describe("no note"), StatusIs(StatusCode::kInvalidArgument));
  const std::string other = *changes_.Key(2).signer().SignTree(10, Digest{9});
  EXPECT_THAT(Describe(other), StatusIs(StatusCode::kDataLoss));
  const std::string newer = Signed(10, 2);
  Fill(9);
  EXPECT_THAT(Describe(newer), StatusIs(StatusCode::kDataLoss)) << "it was cut off";
}

TEST_F(BackupTest, FindsADamagedEntry) {
  store_.Tamper([](std::vector<StoredEntry>& stored) { stored[3].bytes[60] ^= 1; });
  const StatusOr<LedgerDescription> ledger = Describe();
  EXPECT_THAT(ledger, StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Message(ledger.status()), HasSubstr("entry 3, leaf"));
  store_.Tamper([](std::vector<StoredEntry>& stored) { stored.clear(); });
  EXPECT_THAT(Describe(), StatusIs(StatusCode::kDataLoss));
}

TEST_F(BackupTest, EachThingThatAManifestSaysIsCompared) {
  const LedgerDescription ledger = *Describe();
  const BackupManifest good = ManifestOf(ledger, 5);
  std::vector<BackupManifest> bad(5, good);
  bad[0].uuid = "00000000-0000-4000-8000-000000000001";
  bad[1].origin += 'x';
  ++bad[2].head.size;
  bad[3].head.last_leaf[0] ^= 1;
  bad[4].root[31] ^= 1;
  for (const BackupManifest& manifest : bad) {
    EXPECT_THAT(CheckManifest(manifest, ledger), StatusIs(StatusCode::kDataLoss));
  }
}

TEST_F(BackupTest, AManifestReadsAsItWasWritten) {
  const BackupManifest manifest = ManifestOf(*Describe(), 1795456800123);
  const std::string text = FormatManifest(manifest);
  const StatusOr<BackupManifest> read = ParseManifest(text);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read, manifest);
  for (const char* key :
       {"svidence_backup", "uuid", "origin", "size", "last_leaf", "root", "at_millis"}) {
    std::string without = text;
    without[without.find(key)] = '_';
    EXPECT_THAT(ParseManifest(without), StatusIs(StatusCode::kInvalidArgument)) << key;
  }
  std::string later = text;
  later.replace(later.find(":1,"), 3, ":2,");
  EXPECT_THAT(Message(ParseManifest(later).status()), HasSubstr("version 2"));
  for (const std::string& other : {std::string(), std::string("{}"), std::string("[]"), text + text,
                                   std::string(kMaxManifestBytes + 1, ' ')}) {
    EXPECT_THAT(ParseManifest(other), StatusIs(StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace svidence::ledger
