// The erasable table of people, in an SQLite file beside the ledger's.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "attestors/base/random.h"
#include "plugin/adapters/sqlite/database.h"
#include "plugin/core/sponsor/directory.h"

namespace svidence::sqlite {

// Thread-safe. What is erased is overwritten in the file, not only unlinked.
// Backups, and blocks of the rollback journal that the file system has freed,
// are beyond its reach.
class SponsorDirectory final : public sponsor::Directory {
 public:
  // Opens or makes the file at `path`, for its owner's eyes only. `random` must outlive this
  // object. Errors: FailedPrecondition if the file is of another application or version,
  //         or cannot be written; DataLoss if it is damaged.
  static StatusOr<std::unique_ptr<SponsorDirectory>> Open(const std::string& path, Random& random);

  StatusOr<std::string> RefOf(std::string_view person) override;
  StatusOr<std::string> FindRef(std::string_view person) override;
  StatusOr<std::string> PersonOf(std::string_view ref) override;
  Status Erase(std::string_view ref) override;

 private:
  struct Statements {
    Statement by_person;
    Statement by_ref;
    Statement insert;
    Statement erase;
  };

  SponsorDirectory(Database db, Statements statements, Random& random)
      : random_(random), db_(std::move(db)), statements_(std::move(statements)) {}

  Random& random_;
  std::mutex mutex_;
  Database db_;
  Statements statements_;
};

}  // namespace svidence::sqlite
