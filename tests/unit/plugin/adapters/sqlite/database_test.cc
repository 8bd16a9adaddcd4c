#include "plugin/adapters/sqlite/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::sqlite {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

class DatabaseTest : public ::testing::Test {
 protected:
  Database db_ = *Database::Open(":memory:", OpenMode::kCreate);
};

TEST_F(DatabaseTest, RoundTripsEveryByte) {
  ASSERT_THAT(db_.Execute("CREATE TABLE t(id INTEGER, text TEXT, body BLOB)"), IsOk());
  StatusOr<Statement> insert = db_.Prepare("INSERT INTO t VALUES(?1, ?2, ?3)");
  ASSERT_THAT(insert, IsOk());
  ASSERT_THAT(insert->BindInt64(1, -5), IsOk());
  ASSERT_THAT(insert->BindText(2, "it's"), IsOk());
  ASSERT_THAT(insert->BindBlob(3, std::string_view("a\0b", 3)), IsOk());
  ASSERT_THAT(insert->Run(), IsOk());
  EXPECT_EQ(db_.Changes(), 1);

  StatusOr<Statement> select = db_.Prepare("SELECT id, text, body FROM t");
  ASSERT_THAT(select, IsOk());
  ASSERT_THAT(select->Step(), IsOkAndHolds(true));
  EXPECT_EQ(select->ColumnInt64(0), -5);
  EXPECT_EQ(select->ColumnBytes(1), "it's");
  EXPECT_EQ(select->ColumnBytes(2), std::string_view("a\0b", 3));
  EXPECT_THAT(select->Step(), IsOkAndHolds(false));
}

TEST_F(DatabaseTest, BindsAnEmptyViewAsAValueNotNull) {
  StatusOr<Statement> select = db_.Prepare("SELECT ?1 IS NULL, ?2 IS NULL");
  ASSERT_THAT(select, IsOk());
  ASSERT_THAT(select->BindText(1, std::string_view()), IsOk());
  ASSERT_THAT(select->BindBlob(2, std::string_view()), IsOk());
  ASSERT_THAT(select->Step(), IsOkAndHolds(true));
  EXPECT_EQ(select->ColumnInt64(0), 0);
  EXPECT_EQ(select->ColumnInt64(1), 0);
}

TEST_F(DatabaseTest, SaysWhenSqlOfOursIsWrong) {
  EXPECT_THAT(db_.Prepare("SELEC"), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(db_.Prepare("-- nothing"), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(db_.QueryInt64("SELECT 1 WHERE 0"), StatusIs(StatusCode::kDataLoss));
  StatusOr<Statement> select = db_.Prepare("SELECT 1");
  ASSERT_THAT(select, IsOk());
  EXPECT_THAT(select->Run(), StatusIs(StatusCode::kInternal));
}

TEST_F(DatabaseTest, TellsABrokenConstraintFromATransactionLeftOpen) {
  ASSERT_THAT(db_.Execute("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)"),
              IsOk());
  EXPECT_TRUE(db_.AutoCommit());
  ASSERT_THAT(db_.Execute("BEGIN"), IsOk());
  EXPECT_THAT(db_.Execute("INSERT INTO t VALUES(1)"), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_FALSE(db_.AutoCommit());
  EXPECT_FALSE(db_.LastErrorWasSync());
}

TEST(DatabaseOpenTest, SaysWhichFileCannotBeOpened) {
  const StatusOr<Database> made = Database::Open("/nonexistent/x.db", OpenMode::kCreate);
  EXPECT_THAT(made, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(made.status()), ::testing::HasSubstr("/nonexistent/x.db"));
  EXPECT_THAT(Database::Open("/nonexistent/x.db", OpenMode::kReadOnly),
              StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace svidence::sqlite
