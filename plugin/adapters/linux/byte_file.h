// A regular file that is read anywhere, by several threads.
#pragma once

#include <memory>
#include <string>

#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/core/ledger/audit/lines_source.h"

namespace svidence::linux_os {

class ByteFile final : public ledger::ByteFile {
 public:
  // Errors: those of ErrnoStatus (files.h); InvalidArgument if `path` is not a
  //         regular file (a fifo does not block the call).
  static StatusOr<std::unique_ptr<ByteFile>> Open(const std::string& path);

  // Errors: those of ErrnoStatus.
  Status ReadAt(std::uint64_t offset, std::size_t max_bytes, std::string& bytes) const override;

 private:
  ByteFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  const std::string path_;
  const UniqueFd fd_;
};

}  // namespace svidence::linux_os
