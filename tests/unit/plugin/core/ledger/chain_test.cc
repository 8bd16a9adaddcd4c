#include "plugin/core/ledger/chain.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/ledger_samples.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::SampleChain;
using ::testing::HasSubstr;

class ChainCheckerTest : public ::testing::Test {
 protected:
  std::optional<Defect> FirstDefect(const std::vector<StoredEntry>& entries) const {
    SubjectIndex subjects(hasher_);
    ChainChecker checker(hasher_, subjects);
    for (const StoredEntry& entry : entries) {
      if (std::optional<Defect> defect = checker.Check(entry)) return defect;
    }
    return std::nullopt;
  }
  // As somebody would who can write to the file and knows the format.
  void Rehash(StoredEntry& entry) const { entry.leaf = LeafHash(hasher_, entry.bytes); }
  static void Replace(StoredEntry& entry, std::string_view from, std::string_view to) {
    const std::size_t at = entry.bytes.find(from);
    ASSERT_NE(at, std::string::npos);
    entry.bytes.replace(at, from.size(), to);
  }
  void ExpectFirst(const std::vector<StoredEntry>& entries, EntryIndex index,
                   DefectKind kind) const {
    const std::optional<Defect> defect = FirstDefect(entries);
    ASSERT_TRUE(defect);
    EXPECT_EQ(defect->index, index) << defect->sentence;
    EXPECT_EQ(NameOf(defect->kind), NameOf(kind)) << defect->sentence;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<StoredEntry> good_ = SampleChain(hasher_, 6);
};

TEST_F(ChainCheckerTest, FindsNothingInAGoodChain) {
  ASSERT_EQ(good_.size(), 6U);
  EXPECT_EQ(FirstDefect(good_), std::nullopt);
}

TEST_F(ChainCheckerTest, FindsEveryFlippedBitOfEveryEntryAtItsIndex) {
  for (std::size_t i = 0; i < good_.size(); ++i) {
    for (std::size_t bit = 0; bit < good_[i].bytes.size() * 8; ++bit) {
      std::vector<StoredEntry> bad = good_;
      char& byte = bad[i].bytes[bit / 8];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
      const std::optional<Defect> defect = FirstDefect(bad);
      ASSERT_TRUE(defect) << "entry " << i << " bit " << bit;
      ASSERT_EQ(defect->index, i) << "bit " << bit;
    }
  }
}

TEST_F(ChainCheckerTest, GoesOnFromAPartThatWasCheckedBefore) {
  for (std::size_t from = 0; from <= good_.size(); ++from) {
    SubjectIndex subjects(hasher_);
    ChainChecker before(hasher_, subjects);
    for (std::size_t i = 0; i < from; ++i) ASSERT_FALSE(before.Check(good_[i]));
    ChainChecker checker(hasher_, &subjects,
                         {.head = before.head(), .last_at_millis = before.last_at_millis()});
    for (std::size_t i = from; i < good_.size(); ++i) EXPECT_FALSE(checker.Check(good_[i])) << from;
  }
  ChainChecker elsewhere(hasher_, nullptr,
                         {.head = {.size = 2, .last_leaf = good_[0].leaf}, .last_at_millis = 0});
  EXPECT_TRUE(elsewhere.Check(good_[2]));
  ChainChecker later(
      hasher_, nullptr,
      {.head = {.size = 2, .last_leaf = good_[1].leaf}, .last_at_millis = kMaxTimeMillis});
  EXPECT_TRUE(later.Check(good_[2]));
}

TEST_F(ChainCheckerTest, LooksAtNoSubjectWithoutAnIndex) {
  ChainChecker checker(hasher_, nullptr,
                       {.head = {.size = 4, .last_leaf = good_[3].leaf}, .last_at_millis = 0});
  EXPECT_FALSE(checker.Check(good_[4]));
  EXPECT_FALSE(checker.Check(good_[5]));
}

// Whoever flips a bit may store its leaf hash as well: then the entry itself or
// the one behind it shows it. Only the last one can be changed unseen.
TEST_F(ChainCheckerTest, FindsEveryFlippedBitWithItsLeafHashStoredAnew) {
  for (std::size_t i = 0; i + 1 < good_.size(); ++i) {
    for (std::size_t bit = 0; bit < good_[i].bytes.size() * 8; ++bit) {
      std::vector<StoredEntry> bad = good_;
      char& byte = bad[i].bytes[bit / 8];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
      Rehash(bad[i]);
      const std::optional<Defect> defect = FirstDefect(bad);
      ASSERT_TRUE(defect) << "entry " << i << " bit " << bit;
      ASSERT_THAT(defect->index, ::testing::AnyOf(i, i + 1)) << "bit " << bit;
    }
  }
}

TEST_F(ChainCheckerTest, FindsEveryFlippedBitOfAStoredLeafHash) {
  for (std::size_t bit = 0; bit < 256; ++bit) {
    std::vector<StoredEntry> bad = good_;
    bad[3].leaf[bit / 8] = static_cast<std::uint8_t>(bad[3].leaf[bit / 8] ^ (1U << (bit % 8)));
    const std::optional<Defect> defect = FirstDefect(bad);
    ASSERT_TRUE(defect);
    ASSERT_EQ(defect->index, 3U);
    ASSERT_EQ(NameOf(defect->kind), "leaf");
  }
}

TEST_F(ChainCheckerTest, FindsARemovedEntry) {
  good_.erase(good_.begin() + 4);
  ExpectFirst(good_, 4, DefectKind::kIndex);
}

TEST_F(ChainCheckerTest, FindsAnEntryRemovedFromTheFront) {
  good_.erase(good_.begin());
  ExpectFirst(good_, 0, DefectKind::kIndex);
}

TEST_F(ChainCheckerTest, FindsADoubledEntry) {
  good_.insert(good_.begin() + 4, good_[4]);
  ExpectFirst(good_, 5, DefectKind::kIndex);
}

TEST_F(ChainCheckerTest, FindsSwappedEntries) {
  std::swap(good_[2], good_[3]);
  ExpectFirst(good_, 2, DefectKind::kIndex);
}

TEST_F(ChainCheckerTest, FindsAnEntryOfAnotherLedger) {
  const std::vector<StoredEntry> other = SampleChain(hasher_, 9);
  good_[4] = other[4];
  EXPECT_EQ(FirstDefect(good_), std::nullopt);  // the same entries so far
  Replace(good_[4], "server:a", "server:b");
  Rehash(good_[4]);
  ExpectFirst(good_, 5, DefectKind::kPrev);
}

TEST_F(ChainCheckerTest, FindsAFirstEntryThatFollowsSomething) {
  Replace(good_[0], "\"AAAA", "\"BAAA");
  Rehash(good_[0]);
  ExpectFirst(good_, 0, DefectKind::kPrev);
}

TEST_F(ChainCheckerTest, FindsAWrongIndexEvenIfRehashed) {
  Replace(good_[4], "\"i\":4", "\"i\":5");
  Rehash(good_[4]);
  ExpectFirst(good_, 4, DefectKind::kIndex);
}

TEST_F(ChainCheckerTest, FindsATimeThatRunsBack) {
  Replace(good_[4], "00:00:04.000Z", "00:00:02.999Z");
  Rehash(good_[4]);
  ExpectFirst(good_, 4, DefectKind::kTime);
}

TEST_F(ChainCheckerTest, FindsAWrongLinkToTheSubjectsPreviousEntry) {
  for (const std::string_view wrong : {"0", "2", "null"}) {
    std::vector<StoredEntry> bad = good_;
    Replace(bad[4], "\"subject_prev\":1", "\"subject_prev\":" + std::string(wrong));
    Rehash(bad[4]);
    ExpectFirst(bad, 4, DefectKind::kSubjectPrev);
  }
}

TEST_F(ChainCheckerTest, FindsALinkWhereThereIsNoPreviousEntry) {
  Replace(good_[2], "\"subject_prev\":null", "\"subject_prev\":0");
  Rehash(good_[2]);
  ExpectFirst(good_, 2, DefectKind::kSubjectPrev);
}

// The same meaning in other bytes is another entry.
TEST_F(ChainCheckerTest, FindsEntriesThatMeanTheSameInOtherBytes) {
  struct Change {
    std::string_view from;
    std::string_view to;
  };
  for (const Change change :
       {Change{"\"scope\":3", "\"scope\": 3"}, Change{"\"scope\":3", "\"scope\":3.0"},
        Change{"\"scope\":3", "\"scope\":3e0"}, Change{"\"scope\":3", "\"scope\":3,\"scope\":3"},
        Change{"\\n", "\\u000a"}, Change{"buyer/1", "buyer\\/1"}}) {
    std::vector<StoredEntry> bad = good_;
    Replace(bad[4], change.from, change.to);
    ExpectFirst(bad, 4, DefectKind::kLeaf);
    Rehash(bad[4]);
    const std::optional<Defect> defect = FirstDefect(bad);
    ASSERT_TRUE(defect) << change.to;
  }
}

TEST_F(ChainCheckerTest, FindsAnEntryOfAnOlderOrLaterVersion) {
  for (const std::string_view version : {"0", "2"}) {
    std::vector<StoredEntry> bad = good_;
    Replace(bad[4], "\"v\":1", "\"v\":" + std::string(version));
    Rehash(bad[4]);
    ExpectFirst(bad, 4, DefectKind::kMalformed);
  }
}

TEST_F(ChainCheckerTest, FindsATruncatedEntryAtEveryPoint) {
  for (std::size_t size = 0; size < good_[4].bytes.size(); ++size) {
    std::vector<StoredEntry> bad = good_;
    bad[4].bytes.resize(size);
    ASSERT_EQ(FirstDefect(bad)->index, 4U);
    Rehash(bad[4]);
    ASSERT_EQ(NameOf(FirstDefect(bad)->kind), "malformed") << size;
  }
}

TEST_F(ChainCheckerTest, CannotSeeACutTail) {
  good_.resize(5);  // stated in the format document; the mark and witnesses see it
  EXPECT_EQ(FirstDefect(good_), std::nullopt);
}

TEST_F(ChainCheckerTest, SaysWhereTheChainEnds) {
  SubjectIndex subjects(hasher_);
  ChainChecker checker(hasher_, subjects);
  EXPECT_EQ(checker.head(), Head{});
  for (const StoredEntry& entry : good_) ASSERT_FALSE(checker.Check(entry));
  EXPECT_EQ(checker.head(), (Head{.size = 6, .last_leaf = good_.back().leaf}));
  EXPECT_EQ(checker.last_at_millis(), 1'767'225'605'000);
  EXPECT_EQ(checker.view().agent, "buyer");
  EXPECT_EQ(subjects.size(), 3U);
}

TEST_F(ChainCheckerTest, QuotesWhatTheEntrySays) {
  Replace(good_[4], "\"subject_prev\":1", "\"subject_prev\":0");
  Rehash(good_[4]);
  EXPECT_THAT(FirstDefect(good_)->sentence, HasSubstr("\"spiffe://example.org/agent/buyer/1\""));
}

}  // namespace

bool operator==(const Defect& a, const Defect& b) {
  return a.index == b.index && a.kind == b.kind && a.sentence == b.sentence;
}

}  // namespace svidence::ledger
