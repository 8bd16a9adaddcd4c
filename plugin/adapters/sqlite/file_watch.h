// Notices that an open file was taken away from under us.
#pragma once

#include <cstdint>
#include <string>

#include "attestors/base/status.h"

namespace svidence::sqlite {

// Made while the file is open and known to be the right one; then Check() whenever an
// answer shall depend on the file. The path must go on leading to the file that it led to at
// first, and the file, which only ever grows, must not be shorter than it was when last
// looked at. It costs one stat(2). One caller at a time.
class FileWatch {
 public:
  // `what` names the file for people: "the ledger file".
  // Errors: FailedPrecondition if there is no such file.
  static StatusOr<FileWatch> Begin(std::string path, std::string what);

  // Errors: FailedPrecondition if the file is gone, was replaced or got shorter.
  Status Check();

 private:
  struct Facts {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
  };

  FileWatch(std::string path, std::string what) : path_(std::move(path)), what_(std::move(what)) {}
  StatusOr<Facts> Look() const;
  std::string Name() const;

  std::string path_;
  std::string what_;
  Facts seen_;
};

}  // namespace svidence::sqlite
