// Revocations that the ledger does not have yet, in a file that a full disk
// does not stop: its space is allocated when it is made, and records overwrite
// records. docs/formats/revocation-spool.md gives the format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/core/revocation/ports.h"

namespace svidence::linux_os {

// One process at a time, by the ledger directory's lock. One caller at a time.
class RevocationSpool final : public revocation::Spool {
 public:
  // Opens the file at `path`, or makes it (0600, two areas of 128 KiB) with no
  // records. `hasher` must outlive this object.
  // Errors: those of ErrnoStatus; DataLoss if it is there and does not verify.
  static StatusOr<std::unique_ptr<RevocationSpool>> Open(const std::string& path,
                                                         const Hasher& hasher);

  StatusOr<std::vector<revocation::SpoolRecord>> Load() override;
  Status Save(std::span<const revocation::SpoolRecord> records) override;

 private:
  RevocationSpool(std::string path, UniqueFd fd, const Hasher& hasher)
      : path_(std::move(path)), fd_(std::move(fd)), hasher_(hasher) {}

  StatusOr<std::string> ReadArea(std::size_t area) const;
  Status WriteArea(std::size_t area, const std::string& bytes);

  const std::string path_;
  const UniqueFd fd_;
  const Hasher& hasher_;
  std::uint64_t sequence_ = 0;  // of the last good area
};

}  // namespace svidence::linux_os
