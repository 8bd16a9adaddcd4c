// `svidence ledger verify SOURCE|prove|history|monitor` over sources in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/audit/store_source.h"
#include "plugin/core/ledger/note/tlog_proof.h"
#include "tests/support/golden.h"
#include "tests/support/note_keys.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/unit/plugin/cli/cli_harness.h"

namespace svidence::cli {
namespace {

using ::svidence::testing::ExportOf;
using ::svidence::testing::MemoryFile;
using ::svidence::testing::NoteKey;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::OpenerOf;
using ::svidence::testing::Publish;
using ::svidence::testing::PublishedFiles;
using ::svidence::testing::RootOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LedgerAuditTest : public ::testing::Test {
 protected:
  LedgerAuditTest() {
    cli_.files["log.vkey"] = FormatVkey(cli_.hasher, key_.vkey()) + "\n";
    cli_.files["other.vkey"] = FormatVkey(cli_.hasher, other_.vkey()) + "\n";
    Show(20);
    cli_.sources["tiles"] = [this] {
      LedgerSource source{.name = "tiles"};
      source.tiles = OpenerOf(published_);
      return source;
    };
    cli_.sources["export"] = [this] {
      LedgerSource source{.name = "export"};
      source.entries = *ledger::LinesSource::Open(std::make_unique<MemoryFile>(export_));
      return source;
    };
  }
  std::vector<ledger::StoredEntry> First(std::size_t size) const {
    return {entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(size)};
  }
  // What the log publishes from now on.
  void Show(std::size_t size) {
    published_ = Publish(cli_.hasher, key_.signer(), First(size));
    export_ = ExportOf(First(size));
  }
  // A checkpoint that the log's key has signed, in a file.
  void Sign(const std::string& file, std::uint64_t size, const Digest& root) {
    cli_.files[file] = *ledger::SignTree(key_.signer(), size, root);
  }
  int Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ledger");
    return cli_.Run(std::move(arguments));
  }
  int Watch(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"monitor", "tiles",   "--log-key", "log.vkey",
                                       "--state", "m.state", "--once"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(std::move(arguments));
  }

  CliHarness cli_;
  NoteKey key_{cli_.hasher, 1, "example.org/log"};
  NoteKey other_{cli_.hasher, 2, "example.org/log"};
  std::vector<ledger::StoredEntry> entries_ = OpenedChain(cli_.hasher, 40);
  PublishedFiles published_;
  std::string export_;
};

TEST_F(LedgerAuditTest, VerifiesAnExportAndSaysWhatThatDoesNotShow) {
  EXPECT_EQ(Run({"verify", "export"}), 0) << cli_.err.str();
  EXPECT_THAT(cli_.out.str(), HasSubstr("ledger intact: 20 entries, last leaf sha256:"));
  EXPECT_THAT(cli_.out.str(), HasSubstr("its end is compared with nothing"));
  EXPECT_EQ(cli_.connects, 0);

  Sign("c", 20, RootOf(cli_.hasher, First(20)));
  EXPECT_EQ(Run({"verify", "export", "--checkpoint", "c"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("nobody vouches for the checkpoint"));
  EXPECT_EQ(Run({"verify", "export", "--checkpoint", "c", "--log-key", "log.vkey", "--jobs", "3"}),
            0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("agrees with the checkpoint in \"c\", 20 entries"));
  EXPECT_THAT(cli_.out.str(), Not(HasSubstr("nobody")));

  export_ = ExportOf(First(19));
  EXPECT_EQ(Run({"verify", "export", "--checkpoint", "c", "--log-key", "log.vkey"}), 1);
  EXPECT_THAT(cli_.out.str(), HasSubstr("first bad entry 19 (checkpoint): "));
  export_[100] ^= 1;
  EXPECT_EQ(Run({"verify", "export", "--output", "json"}), 1);
  EXPECT_THAT(cli_.out.str(), HasSubstr("\"first_bad\":0,\"kind\":\""));
}

TEST_F(LedgerAuditTest, VerifiesAPublishedLogByItsKey) {
  EXPECT_EQ(Run({"verify", "tiles", "--log-key", "log.vkey"}), 0) << cli_.err.str();
  EXPECT_THAT(cli_.out.str(), HasSubstr("agrees with the published checkpoint, 20 entries"));
  EXPECT_EQ(Run({"verify", "tiles"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("give --log-key or --policy"));
  EXPECT_EQ(Run({"verify", "tiles", "--log-key", "other.vkey"}), 1);
  EXPECT_THAT(cli_.err.str(), HasSubstr("the published checkpoint: "));
  published_["checkpoint"] = "garbage";
  EXPECT_EQ(Run({"verify", "tiles", "--log-key", "log.vkey"}), 1);
  EXPECT_THAT(cli_.err.str(), HasSubstr("the published checkpoint is none"));
  published_.erase("checkpoint");
  EXPECT_EQ(Run({"verify", "tiles", "--log-key", "log.vkey"}), 2);
}

struct Misuse {
  std::string name;
  std::vector<std::string> arguments;
  std::string wants;
};

class MisuseTest : public LedgerAuditTest, public ::testing::WithParamInterface<Misuse> {};

TEST_P(MisuseTest, EndsWithTwoAndNamesTheFix) {
  cli_.files["garbage"] = "garbage";
  cli_.files["plain.pem"] = testing::ReadGolden("svid/plain.pem");
  EXPECT_EQ(Run(GetParam().arguments), 2) << cli_.out.str();
  EXPECT_THAT(cli_.err.str(), HasSubstr(GetParam().wants));
}

INSTANTIATE_TEST_SUITE_P(
    Table, MisuseTest,
    ::testing::Values(
        Misuse{"KeyWithoutSource", {"verify", "--log-key", "log.vkey"}, "need a SOURCE"},
        Misuse{"NoSuchSource", {"verify", "nowhere"}, "no such source"},
        Misuse{"KeyAndPolicy",
               {"verify", "tiles", "--log-key", "log.vkey", "--policy", "p"},
               "excludes"},
        Misuse{"NoKey", {"verify", "tiles", "--log-key", "garbage"}, "\"garbage\""},
        Misuse{"NoCheckpoint",
               {"verify", "export", "--checkpoint", "garbage"},
               "no checkpoint, no tlog-proof and no SVID"},
        Misuse{"NoProofInSvid",
               {"verify", "export", "--checkpoint", "plain.pem"},
               "has no ledger proof"},
        Misuse{"TooManyJobs", {"verify", "export", "--jobs", "257"}, "--jobs"},
        Misuse{"ProveNothing", {"prove", "--source", "tiles"}, "exactly one of INDEX"},
        Misuse{"ProveTwoThings",
               {"prove", "1", "--svid", "x", "--source", "tiles"},
               "exactly one of INDEX"},
        Misuse{"ProveNowhere", {"prove", "1"}, "--source must name"},
        Misuse{"ProvePastTheEnd", {"prove", "20", "--source", "tiles"}, "there is no entry 20"},
        Misuse{"ProveWithoutCheckpoint", {"prove", "1", "--source", "export"}, "give --against"},
        Misuse{"ConsistencyBackwards",
               {"prove", "--consistency", "5", "4", "--source", "tiles"},
               "OLD <= NEW <= 20"},
        Misuse{"HistoryNowhere", {"history", "buyer"}, "--source must name"},
        Misuse{"MonitorWithoutKey", {"monitor", "tiles", "--state", "s"}, "--log-key or --policy"},
        Misuse{"MonitorWithoutState",
               {"monitor", "tiles", "--log-key", "log.vkey"},
               "--state must name"},
        Misuse{"MonitorNothing", {"monitor", "--log-key", "log.vkey"}, "SOURCE must name"},
        Misuse{"MonitorExport",
               {"monitor", "export", "--log-key", "log.vkey", "--state", "s", "--once"},
               "is no published log"},
        Misuse{"MonitorForeignState",
               {"monitor", "tiles", "--log-key", "log.vkey", "--state", "garbage", "--once"},
               "it is no state of a monitor"},
        Misuse{"NoFraudProof",
               {"monitor", "--check-fraud", "garbage", "--log-key", "log.vkey"},
               "a fraud proof must have"}),
    [](const auto& test) { return test.param.name; });

TEST_F(LedgerAuditTest, ProvesAnEntryFromTilesAndFromAnExportAlike) {
  EXPECT_EQ(Run({"prove", "7", "--source", "tiles", "--log-key", "log.vkey"}), 0) << cli_.err.str();
  const std::string proof = cli_.out.str();
  ASSERT_TRUE(ledger::ParseTlogProof(proof).ok()) << proof;
  EXPECT_EQ(ledger::ParseTlogProof(proof)->index, 7U);
  cli_.files["checkpoint"] = published_.at("checkpoint");
  EXPECT_EQ(Run({"prove", "7", "--source", "export", "--against", "checkpoint", "--out", "p"}), 0);
  EXPECT_EQ(cli_.files["p"], proof);
  // A proof is a checkpoint too: an older one proves the same entry in a longer log.
  Show(40);
  EXPECT_EQ(Run({"prove", "7", "--source", "tiles", "--against", "p", "--log-key", "log.vkey"}), 0);
  EXPECT_EQ(cli_.out.str(), proof);
  EXPECT_EQ(Run({"prove", "30", "--source", "tiles", "--against", "p"}), 2);
  EXPECT_THAT(cli_.err.str(), HasSubstr("it is older than entry 30"));
}

TEST_F(LedgerAuditTest, ProvesNothingInASourceThatContradictsItsCheckpoint) {
  Digest other = RootOf(cli_.hasher, First(20));
  other[0] ^= 1;
  Sign("forged", 20, other);
  EXPECT_EQ(Run({"prove", "7", "--source", "export", "--against", "forged"}), 1);
  EXPECT_THAT(cli_.err.str(), HasSubstr("is not this log's history"));
  Sign("longer", 30, RootOf(cli_.hasher, First(30)));
  EXPECT_EQ(Run({"prove", "7", "--source", "export", "--against", "longer"}), 1);
  EXPECT_THAT(cli_.err.str(), HasSubstr("its end was cut off"));
  published_["tile/entries/000.p/20"][60] ^= 1;
  EXPECT_EQ(Run({"prove", "0", "--source", "tiles"}), 1);
}

TEST_F(LedgerAuditTest, ProvesConsistencyOfAnyTwoSizes) {
  EXPECT_EQ(Run({"prove", "--consistency", "7", "20", "--source", "tiles"}), 0) << cli_.err.str();
  const std::string lines = cli_.out.str();
  EXPECT_EQ(lines.size() % 45, 0U);
  EXPECT_EQ(Run({"prove", "--consistency", "7", "20", "--source", "export"}), 0);
  EXPECT_EQ(cli_.out.str(), lines);
  EXPECT_EQ(Run({"prove", "--consistency", "7", "20", "--source", "export", "--output", "json"}),
            0);
  EXPECT_THAT(cli_.out.str(), HasSubstr(DigestText(RootOf(cli_.hasher, First(7)))));
}

TEST_F(LedgerAuditTest, ShowsAllOfASubjectWithProofsAndWhatTheyDoNotShow) {
  const std::string who = "spiffe://example.org/agent/buyer/1";
  EXPECT_EQ(Run({"history", who, "--source", "tiles", "--log-key", "log.vkey"}), 0)
      << cli_.err.str();
  EXPECT_THAT(cli_.out.str(), HasSubstr("19     2026-"));
  EXPECT_THAT(cli_.out.str(), Not(HasSubstr("none")));
  EXPECT_THAT(cli_.out.str(), HasSubstr("among the first 20 of the ledger"));
  EXPECT_THAT(cli_.out.str(), HasSubstr("newer entries would not show"));
  EXPECT_EQ(Run({"history", who, "--source", "tiles"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("signature was not checked"));
  EXPECT_EQ(Run({"history", who, "--source", "export", "--limit", "2"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("the newest 2 of 7"));
  EXPECT_THAT(cli_.out.str(), HasSubstr("nothing is proved"));
  EXPECT_EQ(Run({"history", who, "--source", "tiles", "--output", "json"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr(R"("count":7,"entries":[{"index":1,"entry":"{\"v\":1)"));
  EXPECT_EQ(Run({"history", "buyer", "--source", "tiles"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("no entry on this subject"));
  export_.replace(export_.find(R"("subject_prev":4)"), 16, R"("subject_prev":1)");
  EXPECT_EQ(Run({"history", who, "--source", "export"}), 1);
  EXPECT_THAT(cli_.out.str(), HasSubstr("GAP at entry 7: "));
}

TEST_F(LedgerAuditTest, MonitorFollowsAnHonestLog) {
  EXPECT_EQ(Watch(), 0) << cli_.err.str();
  EXPECT_THAT(cli_.out.str(), HasSubstr("ok: 20 entries, 20 new"));
  EXPECT_THAT(cli_.private_files, ::testing::ElementsAre("m.state"));
  EXPECT_EQ(Watch(), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("ok: 20 entries, 0 new"));
  Show(33);
  EXPECT_EQ(Watch({"--output", "json"}), 0) << cli_.err.str();
  EXPECT_THAT(cli_.out.str(), HasSubstr("\"entries\":33,\"new\":13,\"unfollowed\":0,"));
  EXPECT_THAT(cli_.files["m.state"], HasSubstr("\n33\n"));
  EXPECT_THAT(cli_.err.str(), IsEmpty());
}

TEST_F(LedgerAuditTest, MonitorFindsACutTailUnderAnEarlierSignature) {
  Show(30);
  EXPECT_EQ(Watch(), 0);
  Show(20);
  EXPECT_EQ(Watch(), 1);
  EXPECT_THAT(cli_.err.str(), HasSubstr("ALARM: "));
  EXPECT_THAT(cli_.files["m.state"], HasSubstr("\n30\n"));  // never rewound
}

TEST_F(LedgerAuditTest, MonitorProvesThatALogHasTwoHistories) {
  EXPECT_EQ(Watch(), 0);
  // The same key, another history behind entry 0.
  entries_ = svidence::testing::WriteChain(
      cli_.hasher, 40, svidence::testing::kOpenedAt, [this](std::size_t i) {
        return i == 0
                   ? ledger::DraftOpened(svidence::testing::SampleIdentity(cli_.hasher), "server:a")
                   : svidence::testing::SampleDraft("other");
      });
  Show(25);
  EXPECT_EQ(Watch(), 1);
  EXPECT_THAT(cli_.err.str(), HasSubstr("two histories"));
  EXPECT_THAT(cli_.err.str(), HasSubstr("proof written to \"m.state.fraud-proof\""));
  EXPECT_EQ(Run({"monitor", "--check-fraud", "m.state.fraud-proof", "--log-key", "log.vkey"}), 1)
      << cli_.err.str();
  EXPECT_THAT(cli_.out.str(), HasSubstr("PROVEN: the log signed 20 entries"));
  EXPECT_EQ(Run({"monitor", "--check-fraud", "m.state.fraud-proof", "--log-key", "other.vkey"}), 2);
  EXPECT_THAT(cli_.err.str(), HasSubstr("proves nothing"));
}

TEST_F(LedgerAuditTest, MonitorComparesWhatOthersWereShown) {
  Digest other = RootOf(cli_.hasher, First(9));
  Sign("good", 9, other);
  EXPECT_EQ(Watch({"--seen", "good"}), 0) << cli_.err.str();
  other[0] ^= 1;
  Sign("split", 9, other);
  EXPECT_EQ(Watch({"--seen", "split"}), 1);
  EXPECT_TRUE(cli_.files.contains("m.state.fraud-proof"));
  Sign("ahead", 30, RootOf(cli_.hasher, First(30)));
  EXPECT_EQ(Watch({"--seen", "ahead"}), 1);
  // Without a log: two checkpoints of one size.
  EXPECT_EQ(Run({"monitor", "--log-key", "log.vkey", "--seen", "good", "--seen", "split",
                 "--fraud-proof", "f"}),
            1);
  EXPECT_TRUE(cli_.files.contains("f"));
  EXPECT_EQ(Run({"monitor", "--log-key", "log.vkey", "--seen", "good", "--seen", "good"}), 0);
  EXPECT_EQ(Run({"monitor", "--log-key", "log.vkey", "--seen", "good", "--seen", "ahead"}), 2);
  EXPECT_THAT(cli_.err.str(), HasSubstr("no SOURCE is given"));
}

TEST_F(LedgerAuditTest, MonitorVerifiesWhatIsNew) {
  EXPECT_EQ(Watch(), 0);
  ledger::StoredEntry& forged = entries_[25];
  forged.bytes.replace(forged.bytes.find("server:a"), 8, "server:b");
  Show(30);  // signed as it is
  EXPECT_EQ(Watch(), 1);
  EXPECT_THAT(cli_.err.str(), HasSubstr("entry 26 (prev): "));
  EXPECT_THAT(cli_.files["m.state"], HasSubstr("\n20\n"));
}

TEST_F(LedgerAuditTest, MonitorStaysUntilItsAlarmAndThroughALogThatIsAway) {
  int sleeps = 0;
  cli_.on_sleep = [&] {
    ++sleeps;
    if (sleeps == 1) published_.erase("checkpoint");
    if (sleeps == 2) Show(25);
    if (sleeps == 3) Show(24);
  };
  EXPECT_EQ(
      Run({"monitor", "tiles", "--log-key", "log.vkey", "--state", "m.state", "--interval", "5s"}),
      1);
  EXPECT_EQ(sleeps, 3);
  EXPECT_THAT(cli_.out.str(), HasSubstr("ok: 25 entries, 5 new"));
  EXPECT_THAT(cli_.err.str(), HasSubstr("reading the checkpoint of tiles"));
  EXPECT_THAT(cli_.err.str(), HasSubstr("ALARM: "));
}

}  // namespace
}  // namespace svidence::cli
