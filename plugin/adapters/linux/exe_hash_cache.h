// SHA-256 of executables: bounded, once for all who ask, and remembered where
// that is safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "attestors/base/clock.h"
#include "attestors/base/status.h"
#include "attestors/process/process_source.h"
#include "plugin/adapters/linux/exe_file_rules.h"
#include "plugin/adapters/linux/lru_cache.h"
#include "plugin/adapters/linux/single_flight.h"
#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::linux_os {

struct ExeHashStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // files read
  std::size_t entries = 0;
};

// Thread-safe. Nobody may be in Hash() when it is destroyed.
class ExeHashCache {
 public:
  // `clock` must outlive this object. `self_fd` is the directory that names our
  // own descriptors.
  ExeHashCache(const Clock& clock, std::size_t capacity, std::string self_fd = "/proc/self/fd");

  // The hash of the file that `exe`, opened with O_PATH, is and `seen` describes.
  //
  // Errors: as ExeFile::Hash().
  StatusOr<ExeHash> Hash(const UniqueFd& exe, const ExeStat& seen, const HashRequest& request,
                         const std::stop_token& stop);

  // Entries to keep from now on.
  void SetCapacity(std::size_t capacity);
  ExeHashStats stats() const;

 private:
  // What one reading answers. The second part is 0 where readings may be
  // shared, and else a number of its own.
  using FlightKey = std::pair<ExeStat, std::uint64_t>;

  StatusOr<std::uint32_t> FileSystemOf(const UniqueFd& exe, std::uint64_t device);
  StatusOr<Digest> Read(int exe, const ExeStat& seen, const std::stop_token& stop);

  const Clock& clock_;
  const std::string self_fd_;
  mutable std::mutex mutex_;
  LruCache<ExeStat, Digest> known_;
  std::map<std::uint64_t, int> asked_;  // callers inside statfs, by device
  std::atomic<std::uint64_t> next_ = 1;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
  SingleFlight<FlightKey, Digest> flights_;  // last: its threads use the members above
};

}  // namespace svidence::linux_os
