// What damage to an export or to a published log becomes: always a finding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/audit/audit.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "tests/support/note_keys.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::ExportOf;
using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOk;
using ::svidence::testing::MemoryFile;
using ::svidence::testing::NoteKey;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::OpenerOf;
using ::svidence::testing::Publish;
using ::svidence::testing::PublishedFiles;
using ::svidence::testing::RootOf;
using ::testing::HasSubstr;

constexpr std::string_view kOrigin = "example.org/log";
const std::string kCheckpoint(kCheckpointPath);

class PublishedTest : public ::testing::Test {
 protected:
  std::string Verdict(EntrySource& source, const AuditOptions& options) {
    const StatusOr<AuditReport> report = Audit(source, hasher_, options);
    if (!report.ok()) return Message(report.status());
    if (report->ok()) return "none";
    return std::string(NameOf(report->defect->kind)) + " " + std::to_string(report->defect->index);
  }
  std::string OfExport(std::string text, const AuditOptions& options = {}) {
    StatusOr<std::unique_ptr<LinesSource>> source =
        LinesSource::Open(std::make_unique<MemoryFile>(std::move(text)));
    if (!source.ok()) return Message(source.status());
    return Verdict(**source, options);
  }
  // As the command does: the checkpoint first, then all that it covers.
  std::string OfTiles(const PublishedFiles& files) {
    const auto note = files.find(kCheckpointPath);
    if (note == files.end()) return "no checkpoint";
    const StatusOr<Checkpoint> checkpoint = OpenCheckpoint(note->second, key_.trusted(), verifier_);
    if (!checkpoint.ok()) return "no checkpoint";
    TilesSource source(OpenerOf(files), checkpoint->size);
    AuditOptions options{.jobs = 1, .slice_entries = 1024};
    options.expected = {
        {.size = checkpoint->size, .root = checkpoint->root, .name = "the checkpoint"}};
    return Verdict(source, options);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey key_{hasher_, 1, kOrigin};
};

TEST_F(PublishedTest, AnExportIsReadAsItWasWritten) {
  for (const std::size_t size : {1U, 2U, 1023U, 1024U, 1025U, 2048U, 3000U}) {
    const std::string text = ExportOf(OpenedChain(hasher_, size));
    EXPECT_EQ(OfExport(text), "none") << size;
    EXPECT_EQ(OfExport(text, {.jobs = 3, .slice_entries = 256}), "none") << size;
  }
  EXPECT_EQ(OfExport(""), "opening 0");
}

TEST_F(PublishedTest, EveryFlippedBitOfAnExportIsFound) {
  const std::vector<StoredEntry> entries = OpenedChain(hasher_, 4);
  const std::string text = ExportOf(entries);
  AuditOptions options;
  options.expected = {{.size = 4, .root = RootOf(hasher_, entries), .name = "the checkpoint"}};
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    ASSERT_NE(OfExport(FlipBit(text, bit), options), "none") << "bit " << bit;
  }
  for (std::size_t length = 0; length < text.size(); ++length) {
    ASSERT_NE(OfExport(text.substr(0, length), options), "none") << "length " << length;
  }
}

TEST_F(PublishedTest, AnExportWithOtherLineEndsIsFound) {
  const std::string text = ExportOf(OpenedChain(hasher_, 3));
  const std::size_t first = text.find('\n');
  EXPECT_EQ(OfExport("\xef\xbb\xbf" + text), "malformed 0");
  EXPECT_EQ(OfExport(text.substr(0, first) + '\r' + text.substr(first)), "malformed 0");
  EXPECT_EQ(OfExport(text.substr(0, first) + '\n' + text.substr(first)), "malformed 1");
  EXPECT_EQ(OfExport(text + '\n'), "malformed 3");
  EXPECT_EQ(OfExport(text.substr(0, text.size() - 1)), "malformed 2");
  EXPECT_EQ(OfExport(text + std::string(3 * kMaxBlockBytes, 'x') + '\n'), "malformed 3");
  EXPECT_EQ(OfExport(text + std::string(3 * kMaxBlockBytes, 'x')), "malformed 3");
}

TEST_F(PublishedTest, ALogIsReadAsItWasPublished) {
  for (const std::size_t size : {1U, 2U, 255U, 256U, 257U, 512U, 1025U}) {
    EXPECT_EQ(OfTiles(Publish(hasher_, key_.signer(), OpenedChain(hasher_, size))), "none") << size;
  }
  EXPECT_EQ(OfTiles(Publish(hasher_, key_.signer(), {})), "opening 0");
}

TEST_F(PublishedTest, EveryFlippedBitOfASmallLogIsFound) {
  const PublishedFiles good = Publish(hasher_, key_.signer(), OpenedChain(hasher_, 3));
  ASSERT_EQ(OfTiles(good), "none");
  PublishedFiles files = good;
  for (const auto& [path, bytes] : good) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      files[path] = FlipBit(bytes, bit);
      ASSERT_NE(OfTiles(files), "none") << path << " bit " << bit;
    }
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      files[path] = bytes.substr(0, length);
      ASSERT_NE(OfTiles(files), "none") << path << " length " << length;
    }
    files[path] = bytes + bytes;
    ASSERT_NE(OfTiles(files), "none") << path << " twice";
    files.erase(path);
    ASSERT_NE(OfTiles(files), "none") << path << " gone";
    files[path] = bytes;
  }
}

// One hash in each upper tile, wherever it stands.
TEST_F(PublishedTest, AWrongHashAboveTheEntriesIsFoundWithWhatLiesBelow) {
  const std::vector<StoredEntry> entries = OpenedChain(hasher_, 1300);
  const PublishedFiles good = Publish(hasher_, key_.signer(), entries);
  ASSERT_TRUE(good.contains("tile/1/000.p/5"));
  PublishedFiles files = good;
  for (std::size_t place = 0; place < 5; ++place) {
    files["tile/1/000.p/5"] = FlipBit(good.at("tile/1/000.p/5"), place * 256 + 7);
    EXPECT_EQ(OfTiles(files), "tile " + std::to_string(place * 256));
  }
  files.erase("tile/1/000.p/5");
  EXPECT_EQ(OfTiles(files), "tile 0");
  files["tile/1/000.p/5"] = "short";
  EXPECT_EQ(OfTiles(files), "tile 0");
}

TEST_F(PublishedTest, DamageToEntriesIsNamedByTheEntry) {
  const PublishedFiles good = Publish(hasher_, key_.signer(), OpenedChain(hasher_, 600));
  PublishedFiles files = good;
  const auto with = [&](const std::string& path, std::string bytes) {
    files = good;
    files[path] = std::move(bytes);
    return OfTiles(files);
  };
  const std::string& bundle = good.at("tile/entries/001");
  EXPECT_EQ(with("tile/entries/001", bundle + 'x'), "bundle 256");
  EXPECT_EQ(with("tile/entries/001", bundle.substr(0, bundle.size() - 1)), "bundle 256");
  // One byte less in the first length: another cut of the same bytes.
  EXPECT_EQ(with("tile/entries/001", FlipBit(bundle, 8)), "bundle 256");
  EXPECT_EQ(with("tile/entries/001", FlipBit(bundle, 8 * 40)), "leaf 256");
  EXPECT_EQ(with("tile/0/001", FlipBit(good.at("tile/0/001"), 256 * 7)), "leaf 263");
  EXPECT_EQ(with("tile/0/001", good.at("tile/0/000")), "leaf 256");
  files = good;
  files.erase("tile/entries/002.p/88");
  EXPECT_EQ(OfTiles(files), "missing 512");
  files = good;
  files.erase("tile/0/000");
  EXPECT_EQ(OfTiles(files), "missing 0");
}

TEST_F(PublishedTest, AFullTileStandsInForAPartialOneThatIsGone) {
  const std::vector<StoredEntry> entries = OpenedChain(hasher_, 256);
  PublishedFiles files = Publish(hasher_, key_.signer(), entries);
  files[kCheckpoint] =
      Publish(hasher_, key_.signer(), {entries.begin(), entries.begin() + 100})[kCheckpoint];
  EXPECT_EQ(OfTiles(files), "none");
}

// Entries, chain and tree computed anew, the old checkpoint kept: its root says so.
TEST_F(PublishedTest, ARewrittenLogNeedsTheKey) {
  const auto entries_by = [this](std::string_view by) {
    LogIdentity identity = svidence::testing::SampleIdentity(hasher_);
    return svidence::testing::WriteChain(
        hasher_, 5, svidence::testing::kOpenedAt, [&identity, by](std::size_t i) {
          return i == 0 ? DraftOpened(identity, by) : svidence::testing::SampleDraft("a");
        });
  };
  const PublishedFiles good = Publish(hasher_, key_.signer(), entries_by("server:a"));
  PublishedFiles rewritten = Publish(hasher_, key_.signer(), entries_by("server:b"));
  EXPECT_EQ(OfTiles(rewritten), "none");  // with the key anybody may write another log
  rewritten[kCheckpoint] = good.at(kCheckpoint);
  EXPECT_EQ(OfTiles(rewritten), "checkpoint 4");
  const NoteKey other(hasher_, 2, kOrigin);
  EXPECT_EQ(OfTiles(Publish(hasher_, other.signer(), entries_by("server:a"))), "no checkpoint");
}

TEST_F(PublishedTest, AnEntryThatIsWithheldIsMissingUnderTheSignedSize) {
  const std::vector<StoredEntry> entries = OpenedChain(hasher_, 5);
  PublishedFiles files = Publish(hasher_, key_.signer(), {entries.begin(), entries.begin() + 4});
  files[kCheckpoint] = Publish(hasher_, key_.signer(), entries)[kCheckpoint];
  EXPECT_EQ(OfTiles(files), "missing 0");
}

}  // namespace
}  // namespace svidence::ledger
