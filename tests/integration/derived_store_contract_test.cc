// What every DerivedStore must do. The same cases run against the fake and against
// SQLite, so that the fake cannot drift from the real thing.
#include <algorithm>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/sqlite/derived_store.h"
#include "tests/support/fake_derived_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Each with a reader as another thread has it; to the fake that is itself.
struct FakeBackend {
  ledger::DerivedStore& Store() { return store; }
  ledger::DerivedTiles& Tiles() { return store; }
  testing::FakeDerivedStore store;
};

struct SqliteBackend {
  ledger::DerivedStore& Store() { return *store; }
  ledger::DerivedTiles& Tiles() { return tiles; }
  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  testing::TemporaryDirectory directory;
  sqlite::DerivedTiles tiles{directory.File(sqlite::kDerivedFile), hasher};
  std::unique_ptr<sqlite::DerivedStore> store =
      *sqlite::DerivedStore::Open(directory.File(sqlite::kDerivedFile), hasher);
};

std::string Hashes(std::size_t width, char first = 'a') {
  std::string hashes;
  for (std::size_t i = 0; i < width; ++i)
    hashes.append(32, static_cast<char>(first + static_cast<char>(i % 20)));
  return hashes;
}

ledger::SubjectHead HeadOf(std::uint8_t key, ledger::EntryIndex last) {
  ledger::SubjectHead head{.last = last};
  head.key.fill(key);
  return head;
}

template <typename Backend>
class DerivedStoreContractTest : public ::testing::Test {
 protected:
  ledger::DerivedStore& store() { return backend_.Store(); }
  ledger::DerivedTiles& tiles() { return backend_.Tiles(); }

  std::vector<ledger::SubjectHead> Subjects() {
    std::vector<ledger::SubjectHead> found;
    EXPECT_THAT(store().VisitSubjects([&found](const ledger::SubjectHead& head) {
      found.push_back(head);
      return OkStatus();
    }),
                IsOk());
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    return found;
  }

  Backend backend_;
};

using Backends = ::testing::Types<FakeBackend, SqliteBackend>;
TYPED_TEST_SUITE(DerivedStoreContractTest, Backends);

TYPED_TEST(DerivedStoreContractTest, BeginsEmpty) {
  EXPECT_THAT(this->store().CoveredSize(), IsOkAndHolds(0U));
  EXPECT_THAT(this->tiles().CoveredSize(), IsOkAndHolds(0U));
  EXPECT_THAT(this->store().ReadSeal(), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(this->Subjects(), IsEmpty());
  EXPECT_THAT(this->store().ReadStates(0, 10), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(this->tiles().Read("tile/0/000.p/1", 8192), StatusIs(StatusCode::kNotFound));
}

TYPED_TEST(DerivedStoreContractTest, GivesBackWhatItWasGiven) {
  ASSERT_THAT(this->store().Extend({.from = 0,
                                    .size = 3,
                                    .seal = "one",
                                    .tiles = {{.level = 0, .index = 0, .hashes = Hashes(3)}},
                                    .subjects = {HeadOf(2, 1), HeadOf(1, 2)},
                                    .states = {0, 2}}),
              IsOk());
  EXPECT_THAT(this->store().ReadSeal(), IsOkAndHolds("one"));
  EXPECT_THAT(this->tiles().CoveredSize(), IsOkAndHolds(3U));
  EXPECT_THAT(this->Subjects(), ElementsAre(HeadOf(1, 2), HeadOf(2, 1)));
  EXPECT_THAT(this->store().ReadStates(0, 10), IsOkAndHolds(ElementsAre(0, 2)));
  EXPECT_THAT(this->store().ReadStates(0, 1), IsOkAndHolds(ElementsAre(0)));
  EXPECT_THAT(this->store().ReadStates(1, 10), IsOkAndHolds(ElementsAre(2)));

  ASSERT_THAT(this->store().Extend({.from = 3,
                                    .size = 5,
                                    .seal = "",
                                    .tiles = {{.level = 0, .index = 0, .hashes = Hashes(5)}},
                                    .subjects = {HeadOf(2, 4)},
                                    .states = {}}),
              IsOk());
  EXPECT_THAT(this->store().ReadSeal(), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(this->Subjects(), ElementsAre(HeadOf(1, 2), HeadOf(2, 4)));
  ASSERT_THAT(this->store().Extend({.from = 5, .size = 5, .seal = "two"}), IsOk());
  EXPECT_THAT(this->store().ReadSeal(), IsOkAndHolds("two"));
}

TYPED_TEST(DerivedStoreContractTest, ServesTilesOfEverySizeUpToTheCoveredOne) {
  ASSERT_THAT(this->store().Extend({.from = 0,
                                    .size = 300,
                                    .seal = "",
                                    .tiles = {{.level = 0, .index = 0, .hashes = Hashes(256)},
                                              {.level = 0, .index = 1, .hashes = Hashes(44, 'b')},
                                              {.level = 1, .index = 0, .hashes = Hashes(1, 'c')}}}),
              IsOk());
  EXPECT_THAT(this->tiles().Read("tile/0/000", 8192), IsOkAndHolds(Hashes(256)));
  EXPECT_THAT(this->tiles().Read("tile/0/000.p/255", 8192), IsOkAndHolds(Hashes(255)));
  EXPECT_THAT(this->tiles().Read("tile/0/000.p/1", 32), IsOkAndHolds(Hashes(1)));
  EXPECT_THAT(this->tiles().Read("tile/0/001.p/44", 8192), IsOkAndHolds(Hashes(44, 'b')));
  EXPECT_THAT(this->tiles().Read("tile/1/000.p/1", 8192), IsOkAndHolds(Hashes(1, 'c')));
  for (const char* none :
       {"tile/0/001.p/45", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2", "tile/2/000.p/1",
        "tile/9/000.p/1", "tile/63/000", "tile/entries/000", "tile/0/0", "checkpoint", ""}) {
    EXPECT_THAT(this->tiles().Read(none, 8192), StatusIs(StatusCode::kNotFound)) << none;
  }
  EXPECT_FALSE(this->tiles().Read("tile/0/000.p/2", 63).ok());
}

TYPED_TEST(DerivedStoreContractTest, ExtendsTheCoveredSizeOnlyAndAllOrNothing) {
  ASSERT_THAT(this->store().Extend({.from = 0, .size = 2, .seal = "one", .states = {0}}), IsOk());
  for (const ledger::EntryIndex from : {0U, 1U, 3U}) {
    EXPECT_THAT(
        this->store().Extend(
            {.from = from, .size = 9, .seal = "two", .subjects = {HeadOf(1, 1)}, .states = {5}}),
        StatusIs(StatusCode::kFailedPrecondition));
  }
  EXPECT_THAT(this->store().CoveredSize(), IsOkAndHolds(2U));
  EXPECT_THAT(this->store().ReadSeal(), IsOkAndHolds("one"));
  EXPECT_THAT(this->Subjects(), IsEmpty());
  EXPECT_THAT(this->store().ReadStates(0, 10), IsOkAndHolds(ElementsAre(0)));
}

TYPED_TEST(DerivedStoreContractTest, ForgetsEverythingAndBeginsAnew) {
  const ledger::DerivedDelta delta{.from = 0,
                                   .size = 3,
                                   .seal = "one",
                                   .tiles = {{.level = 0, .index = 0, .hashes = Hashes(3)}},
                                   .subjects = {HeadOf(2, 1)},
                                   .states = {0}};
  ASSERT_THAT(this->store().Extend(delta), IsOk());
  EXPECT_THAT(this->tiles().CoveredSize(), IsOkAndHolds(3U));
  ASSERT_THAT(this->store().Clear(), IsOk());
  EXPECT_THAT(this->store().CoveredSize(), IsOkAndHolds(0U));
  EXPECT_THAT(this->store().ReadSeal(), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(this->Subjects(), IsEmpty());
  // A reader that was there before sees it too.
  EXPECT_THAT(this->tiles().CoveredSize(), IsOkAndHolds(0U));
  EXPECT_THAT(this->tiles().Read("tile/0/000.p/3", 8192), StatusIs(StatusCode::kNotFound));
  ASSERT_THAT(this->store().Extend(delta), IsOk());
  EXPECT_THAT(this->tiles().Read("tile/0/000.p/3", 8192), IsOkAndHolds(Hashes(3)));
}

TYPED_TEST(DerivedStoreContractTest, StopsVisitingAtTheFirstError) {
  ASSERT_THAT(this->store().Extend(
                  {.from = 0, .size = 2, .seal = "", .subjects = {HeadOf(1, 0), HeadOf(2, 1)}}),
              IsOk());
  int visits = 0;
  const auto refuse = [&visits](const ledger::SubjectHead&) {
    ++visits;
    return Internal("enough");
  };
  EXPECT_THAT(this->store().VisitSubjects(refuse), StatusIs(StatusCode::kInternal));
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(this->Subjects().size(), 2U);
}

}  // namespace
}  // namespace svidence
