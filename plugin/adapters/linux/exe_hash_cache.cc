#include "plugin/adapters/linux/exe_hash_cache.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/openssl/stream_sha256.h"

namespace svidence::linux_os {
namespace {

// Half of the threads at most for one user; a file system that hangs can hold
// as many of them as there are users with executables on it.
constexpr JobPoolLimits kHashing{
    .threads = 4, .jobs = 64, .jobs_of_one_owner = 16, .running_of_one_owner = 2};
// The caller's own `stop` comes long before.
constexpr std::chrono::milliseconds kLongestWait{60'000};
constexpr int kMaxAskingPerDevice = 8;
constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;

Status Changed() { return Unavailable("the executable changed while it was read; try again"); }

// Leaves the statfs of a device, on every path.
class Asking {
 public:
  Asking(std::mutex& mutex, std::map<std::uint64_t, int>& asked, std::uint64_t device)
      : mutex_(mutex), asked_(asked), device_(device) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() {
    const std::scoped_lock lock(mutex_);
    const auto found = asked_.find(device_);
    if (--found->second == 0) asked_.erase(found);
  }

 private:
  std::mutex& mutex_;
  std::map<std::uint64_t, int>& asked_;
  const std::uint64_t device_;
};

// Feeds `size` bytes of `fd` to the hash; the file must end there.
Status Feed(int fd, std::uint64_t size, const std::stop_token& stop, openssl::StreamSha256& hash) {
  std::vector<std::byte> chunk(kChunkBytes);
  std::uint64_t done = 0;
  // The read behind the end shows that it is the end.
  while (true) {
    if (stop.stop_requested()) return Unavailable("the agent is shutting down");
    const ssize_t got = pread(fd, chunk.data(), chunk.size(), static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "reading", "the executable");
    if (got == 0) break;
    done += static_cast<std::uint64_t>(got);
    if (done > size) return Changed();
    SVIDENCE_RETURN_IF_ERROR(hash.Update(std::span(chunk).first(static_cast<std::size_t>(got))));
  }
  return done == size ? OkStatus() : Changed();
}

}  // namespace

ExeHashCache::ExeHashCache(const Clock& clock, std::size_t capacity, std::string self_fd)
    : clock_(clock), self_fd_(std::move(self_fd)), known_(capacity), flights_(kHashing) {}

StatusOr<ExeHash> ExeHashCache::Hash(const UniqueFd& exe, const ExeStat& seen,
                                     const HashRequest& request, const std::stop_token& stop) {
  // Asked at each call: a device number may come to mean another file system.
  SVIDENCE_ASSIGN_OR_RETURN(const std::uint32_t magic, FileSystemOf(exe, seen.device));
  if (const auto reason = WhyNotHashed(seen, magic, request.max_bytes)) return ExeHash(*reason);

  const bool fresh = clock_.UnixMillis() * 1'000'000 - seen.ctime_ns < kFreshNs;
  const bool keep = HashMayBeKept(seen, magic) && !fresh;
  if (keep) {
    const std::scoped_lock lock(mutex_);
    if (const Digest* digest = known_.Find(seen)) {
      hits_.fetch_add(1, std::memory_order_relaxed);
      return ExeHash(*digest);
    }
  }
  // A reading that began before this call may be shared only if the attributes
  // stand for one content: else the file may have changed since it began.
  const FlightKey key{seen, keep ? 0 : next_.fetch_add(1)};
  auto held = std::make_shared<UniqueFd>(fcntl(exe.get(), F_DUPFD_CLOEXEC, 0));
  if (!held->valid()) return ErrnoStatus(errno, "duplicating", "the executable's descriptor");
  SVIDENCE_ASSIGN_OR_RETURN(
      const Digest digest,
      flights_.Get(key, request.uid, kLongestWait, stop,
                   [this, held, seen, keep](const std::stop_token& pool_stop) -> StatusOr<Digest> {
                     SVIDENCE_ASSIGN_OR_RETURN(const Digest read,
                                               Read(held->get(), seen, pool_stop));
                     if (keep) {
                       const std::scoped_lock lock(mutex_);
                       known_.Put(seen, read);
                     }
                     return read;
                   }));
  return ExeHash(digest);
}

// May block for as long as a remote file system's server does; so few at a time
// that one which hangs cannot take all of the agent's threads.
StatusOr<std::uint32_t> ExeHashCache::FileSystemOf(const UniqueFd& exe, std::uint64_t device) {
  {
    const std::scoped_lock lock(mutex_);
    int& asking = asked_[device];
    if (asking >= kMaxAskingPerDevice) {
      return Unavailable("the file system of the executable does not answer");
    }
    ++asking;
  }
  const Asking asking(mutex_, asked_, device);
  struct statfs found {};
  if (fstatfs(exe.get(), &found) != 0) {
    return ErrnoStatus(errno, "looking at", "the file system of the executable");
  }
  return static_cast<std::uint32_t>(found.f_type);
}

StatusOr<Digest> ExeHashCache::Read(int exe, const ExeStat& seen, const std::stop_token& stop) {
  misses_.fetch_add(1, std::memory_order_relaxed);
  // Through the O_PATH descriptor: the same file, whatever its path leads to.
  const std::string path = self_fd_ + '/' + std::to_string(exe);
  const UniqueFd fd = OpenFd(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.valid()) {
    const int error = errno;
    if (error == EACCES || error == EPERM) {
      return PermissionDenied(
          "opening the executable for reading: permission denied; make the file readable for the "
          "SPIRE agent, or take exe:sha256 out of `selectors`");
    }
    return Internal(Message(ErrnoStatus(error, "opening", "the executable")));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const ExeStat before, StatExe(fd.get(), "", AT_EMPTY_PATH));
  if (before != seen) return Changed();
  SVIDENCE_ASSIGN_OR_RETURN(openssl::StreamSha256 hash, openssl::StreamSha256::Create());
  SVIDENCE_RETURN_IF_ERROR(Feed(fd.get(), seen.size, stop, hash));
  SVIDENCE_ASSIGN_OR_RETURN(const ExeStat after, StatExe(fd.get(), "", AT_EMPTY_PATH));
  if (after != seen) return Changed();
  return hash.Finish();
}

void ExeHashCache::SetCapacity(std::size_t capacity) {
  const std::scoped_lock lock(mutex_);
  known_.SetCapacity(capacity);
}

ExeHashStats ExeHashCache::stats() const {
  const std::scoped_lock lock(mutex_);
  return {.hits = hits_.load(std::memory_order_relaxed),
          .misses = misses_.load(std::memory_order_relaxed),
          .entries = known_.size()};
}

}  // namespace svidence::linux_os
