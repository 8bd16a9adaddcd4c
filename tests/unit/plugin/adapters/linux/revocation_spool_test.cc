#include "plugin/adapters/linux/revocation_spool.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_revocation_ports.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using revocation::SpoolRecord;
using svidence::testing::IsOk;
using svidence::testing::IsOkAndHolds;
using svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const SpoolRecord kBuyer = {"spiffe://example.org/agent/buyer/1", "key_compromise", "operator:abc"};
const SpoolRecord kSeller = {"spiffe://example.org/agent/seller/1", "misbehaviour", "server:a"};
constexpr std::size_t kArea = std::size_t{128} * 1024;

// The fake and the file keep the same promise.
class FakeBackend {
 public:
  revocation::Spool& spool() { return spool_; }

 private:
  svidence::testing::FakeSpool spool_;
};
class FileBackend {
 public:
  revocation::Spool& spool() { return *spool_; }

 private:
  svidence::testing::TemporaryDirectory dir_;
  const openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::unique_ptr<RevocationSpool> spool_ = *RevocationSpool::Open(dir_.File("spool"), hasher_);
};

template <typename Backend>
class SpoolContractTest : public ::testing::Test {
 protected:
  Backend backend_;
};
using Backends = ::testing::Types<FakeBackend, FileBackend>;
TYPED_TEST_SUITE(SpoolContractTest, Backends);

TYPED_TEST(SpoolContractTest, BeginsEmpty) {
  EXPECT_THAT(this->backend_.spool().Load(), IsOkAndHolds(IsEmpty()));
}

TYPED_TEST(SpoolContractTest, GivesBackWhatWasSavedLastAndNothingElse) {
  const std::vector<SpoolRecord> both = {kBuyer, kSeller};
  const std::vector<SpoolRecord> one = {kSeller};
  EXPECT_THAT(this->backend_.spool().Save(both), IsOk());
  EXPECT_THAT(this->backend_.spool().Load(), IsOkAndHolds(ElementsAre(kBuyer, kSeller)));
  EXPECT_THAT(this->backend_.spool().Save(one), IsOk());
  EXPECT_THAT(this->backend_.spool().Load(), IsOkAndHolds(ElementsAre(kSeller)));
  EXPECT_THAT(this->backend_.spool().Save({}), IsOk());
  EXPECT_THAT(this->backend_.spool().Load(), IsOkAndHolds(IsEmpty()));
}

class RevocationSpoolTest : public ::testing::Test {
 protected:
  std::unique_ptr<RevocationSpool> Open() {
    auto spool = RevocationSpool::Open(path_, hasher_);
    EXPECT_THAT(spool, IsOk());
    return *std::move(spool);
  }
  std::string Bytes() const {
    std::ostringstream bytes;
    bytes << std::ifstream(path_, std::ios::binary).rdbuf();
    return bytes.str();
  }
  void Write(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }

  const svidence::testing::TemporaryDirectory dir_;
  const std::string path_ = dir_.File("revocations.spool");
  const openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

TEST_F(RevocationSpoolTest, IsPrivateAndAllocatedBeforehand) {
  Open();
  struct stat found {};
  ASSERT_EQ(stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(found.st_size, static_cast<off_t>(2 * kArea));
}

TEST_F(RevocationSpoolTest, SurvivesReopening) {
  const std::vector<SpoolRecord> records = {kBuyer};
  ASSERT_THAT(Open()->Save(records), IsOk());
  EXPECT_THAT(Open()->Load(), IsOkAndHolds(ElementsAre(kBuyer)));
}

// As on a full disk: a file that may not grow.
TEST_F(RevocationSpoolTest, SavesWhereNoFileMayGrow) {
  const auto spool = Open();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = 2 * kArea;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const std::vector<SpoolRecord> records = {kBuyer};
  EXPECT_THAT(spool->Save(records), IsOk());
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
}

TEST_F(RevocationSpoolTest, ATornWriteOfEitherAreaLeavesTheOther) {
  const std::vector<SpoolRecord> old_records = {kBuyer};
  ASSERT_THAT(Open()->Save(old_records), IsOk());
  const std::string old_bytes = Bytes();
  const std::vector<SpoolRecord> new_records = {kBuyer, kSeller};
  ASSERT_THAT(Open()->Save(new_records), IsOk());
  const std::string new_bytes = Bytes();
  for (std::size_t torn = 1; torn < 400; ++torn) {
    // The power fails after `torn` bytes of the first area's write.
    std::string bytes = old_bytes;
    bytes.replace(0, torn, new_bytes, 0, torn);
    Write(bytes);
    auto records = Open()->Load();
    ASSERT_THAT(records, IsOk());
    EXPECT_TRUE(*records == old_records || *records == new_records) << torn;
    // ... and of the second one's.
    bytes = new_bytes;
    bytes.replace(kArea, kArea, old_bytes, kArea, kArea);
    bytes.replace(kArea, torn, new_bytes, kArea, torn);
    Write(bytes);
    EXPECT_THAT(Open()->Load(), IsOkAndHolds(::testing::ContainerEq(new_records))) << torn;
  }
}

TEST_F(RevocationSpoolTest, EveryFlippedByteIsFoundOrMadeGoodFromTheOtherArea) {
  const std::vector<SpoolRecord> records = {kBuyer, kSeller};
  ASSERT_THAT(Open()->Save(records), IsOk());
  const std::string good = Bytes();
  const std::size_t used = good.find('\0');
  ASSERT_LT(used, 600U);
  for (std::size_t i = 0; i < used; ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x01);
    Write(bad);
    EXPECT_THAT(Open()->Load(), IsOkAndHolds(::testing::ContainerEq(records))) << "byte " << i;
    bad[kArea + i] = static_cast<char>(bad[kArea + i] ^ 0x01);
    Write(bad);
    const Status status = RevocationSpool::Open(path_, hasher_).status();
    EXPECT_THAT(status, StatusIs(StatusCode::kDataLoss)) << "byte " << i;
    EXPECT_THAT(Message(status), HasSubstr("revocations.spool"));
  }
}

TEST_F(RevocationSpoolTest, RefusesAFileThatIsNone) {
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string(2 * kArea, '\0'),
        std::string("svidence-revocation-spool-v1 1 99999999999999999999 ")}) {
    Write(bytes);
    EXPECT_THAT(RevocationSpool::Open(path_, hasher_), StatusIs(StatusCode::kDataLoss));
  }
}

TEST_F(RevocationSpoolTest, HoldsWhatFitsAndSaysSoWhereItDoesNot) {
  const auto spool = Open();
  std::vector<SpoolRecord> records;
  Status status;
  while (status.ok() && records.size() < 100000) {
    records.push_back(
        {kBuyer.spiffe_id + std::to_string(records.size()), kBuyer.reason, kBuyer.by});
    if (records.size() % 100 == 0) status = spool->Save(records);
  }
  EXPECT_THAT(status, StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(Message(status), HasSubstr("at most 131072 bytes"));
  EXPECT_GT(records.size(), 500U);
  const auto kept = spool->Load();
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->size(), records.size() - 100) << "the last that fitted";
}

}  // namespace
}  // namespace svidence::linux_os
