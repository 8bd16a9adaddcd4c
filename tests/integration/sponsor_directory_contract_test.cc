// What every directory of sponsors must do; the same cases for the fake and for
// SQLite. Behind them, what only a file can get wrong.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/sqlite/sponsor_directory.h"
#include "tests/support/fake_sponsor_directory.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

struct FakeBackend {
  sponsor::Directory& Get() { return directory; }
  testing::FakeSponsorDirectory directory;
};

struct SqliteBackend {
  sponsor::Directory& Get() const { return *directory; }
  testing::TemporaryDirectory files;
  linux_os::SystemRandom random;
  std::unique_ptr<sqlite::SponsorDirectory> directory =
      *sqlite::SponsorDirectory::Open(files.File("sponsors.db"), random);
};

template <typename Backend>
class SponsorDirectoryContractTest : public ::testing::Test {
 protected:
  sponsor::Directory& directory() { return backend_.Get(); }
  Backend backend_;
};

using Backends = ::testing::Types<FakeBackend, SqliteBackend>;
TYPED_TEST_SUITE(SponsorDirectoryContractTest, Backends);

TYPED_TEST(SponsorDirectoryContractTest, GivesEachPersonOnePseudonym) {
  const StatusOr<std::string> alice = this->directory().RefOf("alice@example.org");
  ASSERT_THAT(alice, IsOk());
  EXPECT_EQ(alice->find("alice"), std::string::npos);
  EXPECT_THAT(this->directory().RefOf("alice@example.org"), IsOkAndHolds(*alice));
  EXPECT_THAT(this->directory().PersonOf(*alice), IsOkAndHolds("alice@example.org"));
  const StatusOr<std::string> bob = this->directory().RefOf("bob@example.org");
  ASSERT_THAT(bob, IsOk());
  EXPECT_NE(*bob, *alice);
}

TYPED_TEST(SponsorDirectoryContractTest, ErasingCutsTheLinkForEver) {
  const std::string ref = *this->directory().RefOf("alice@example.org");
  EXPECT_THAT(this->directory().Erase(ref), IsOk());
  EXPECT_THAT(this->directory().PersonOf(ref), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(this->directory().Erase(ref), StatusIs(StatusCode::kNotFound));
  const StatusOr<std::string> again = this->directory().RefOf("alice@example.org");
  ASSERT_THAT(again, IsOk());
  EXPECT_NE(*again, ref);
}

TYPED_TEST(SponsorDirectoryContractTest, FindsOnlyPseudonymsThatThereAre) {
  EXPECT_THAT(this->directory().FindRef("alice"), StatusIs(StatusCode::kNotFound));
  const std::string ref = *this->directory().RefOf("alice");
  EXPECT_THAT(this->directory().FindRef("alice"), IsOkAndHolds(ref));
  ASSERT_THAT(this->directory().Erase(ref), IsOk());
  EXPECT_THAT(this->directory().FindRef("alice"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(this->directory().FindRef("a\nb"), StatusIs(StatusCode::kInvalidArgument));
}

TYPED_TEST(SponsorDirectoryContractTest, BoundsThePerson) {
  EXPECT_THAT(this->directory().RefOf(std::string(sponsor::kMaxPersonBytes, 'a')), IsOk());
  EXPECT_THAT(this->directory().RefOf(std::string(sponsor::kMaxPersonBytes + 1, 'a')),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(this->directory().RefOf(""), StatusIs(StatusCode::kInvalidArgument));
}

TYPED_TEST(SponsorDirectoryContractTest, RefusesWhatIsNoName) {
  EXPECT_THAT(this->directory().RefOf("\xff"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(this->directory().RefOf("a\nb"), StatusIs(StatusCode::kInvalidArgument));
}

TYPED_TEST(SponsorDirectoryContractTest, TellsPeopleApartByEveryByte) {
  const std::string alice = *this->directory().RefOf("alice");
  for (const char* other : {"Alice", "alice ", "alic", "' OR 1=1 --"}) {
    const StatusOr<std::string> ref = this->directory().RefOf(other);
    ASSERT_THAT(ref, IsOk());
    EXPECT_NE(*ref, alice) << other;
    EXPECT_THAT(this->directory().PersonOf(*ref), IsOkAndHolds(other));
  }
}

TYPED_TEST(SponsorDirectoryContractTest, GivesOnePseudonymToCallsAtTheSameTime) {
  std::vector<std::string> refs(4);
  {
    std::vector<std::jthread> callers;
    callers.reserve(refs.size());
    for (std::string& ref : refs) {
      callers.emplace_back([this, &ref] { ref = *this->directory().RefOf("alice"); });
    }
  }
  EXPECT_THAT(refs, ::testing::Each(refs.front()));
}

TEST(SqliteSponsorDirectoryTest, IsForItsOwnersEyesOnly) {
  const testing::TemporaryDirectory files;
  linux_os::SystemRandom random;
  const std::string path = files.File("sponsors.db");
  ASSERT_THAT(sqlite::SponsorDirectory::Open(path, random), IsOk());
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(SqliteSponsorDirectoryTest, RefusesADamagedFile) {
  const testing::TemporaryDirectory files;
  linux_os::SystemRandom random;
  const std::string path = files.File("sponsors.db");
  std::ofstream(path) << "this is no database, and it is long enough to be told apart from one";
  EXPECT_THAT(sqlite::SponsorDirectory::Open(path, random), StatusIs(StatusCode::kDataLoss));
}

TEST(SqliteSponsorDirectoryTest, FindsItsPeopleAgainAndNoTraceOfTheErased) {
  const testing::TemporaryDirectory files;
  linux_os::SystemRandom random;
  const std::string path = files.File("sponsors.db");
  const std::string ref =
      *(*sqlite::SponsorDirectory::Open(path, random))->RefOf("alice@example.org");
  const auto again = sqlite::SponsorDirectory::Open(path, random);
  ASSERT_THAT(again, IsOk());
  ASSERT_THAT((*again)->PersonOf(ref), IsOkAndHolds("alice@example.org"));
  ASSERT_THAT((*again)->Erase(ref), IsOk());
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(bytes.find("alice"), std::string::npos);
}

// Of many rows, in whatever file SQLite keeps beside its own.
TEST(SqliteSponsorDirectoryTest, OfManyPeopleOnlyTheErasedOneLeavesNoTraceInAnyFile) {
  const testing::TemporaryDirectory files;
  linux_os::SystemRandom random;
  const auto directory = *sqlite::SponsorDirectory::Open(files.File("sponsors.db"), random);
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(directory->RefOf("person" + std::to_string(i) + "@example.org"), IsOk());
  }
  const std::string ref = *directory->RefOf("alice.the.erased@example.org");
  ASSERT_THAT(directory->Erase(ref), IsOk());
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(files.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_EQ(all.find("alice.the.erased"), std::string::npos);
  EXPECT_EQ(all.find(ref), std::string::npos);
  EXPECT_NE(all.find("person499"), std::string::npos);
}

TEST(SqliteSponsorDirectoryTest, RefusesAnotherApplicationsFile) {
  const testing::TemporaryDirectory files;
  linux_os::SystemRandom random;
  const std::string path = files.File("sponsors.db");
  ASSERT_THAT(sqlite::Database::Open(path, sqlite::OpenMode::kCreate)->Execute("CREATE TABLE t(x)"),
              IsOk());
  EXPECT_THAT(sqlite::SponsorDirectory::Open(path, random),
              StatusIs(StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace svidence
