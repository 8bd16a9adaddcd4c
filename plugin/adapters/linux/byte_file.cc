#include "plugin/adapters/linux/byte_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {

StatusOr<std::unique_ptr<ByteFile>> ByteFile::Open(const std::string& path) {
  UniqueFd fd = OpenFd(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.valid()) return ErrnoStatus(errno, "opening", path);
  struct stat facts {};
  if (fstat(fd.get(), &facts) != 0) return ErrnoStatus(errno, "opening", path);
  if (!S_ISREG(facts.st_mode)) return InvalidArgument(Quote(path, 256) + " must be a regular file");
  return std::unique_ptr<ByteFile>(new ByteFile(path, std::move(fd)));
}

Status ByteFile::ReadAt(std::uint64_t offset, std::size_t max_bytes, std::string& bytes) const {
  bytes.resize(max_bytes);
  std::size_t have = 0;
  while (have < max_bytes) {
    const ssize_t got =
        pread(fd_.get(), bytes.data() + have, max_bytes - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "reading", path_);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return OkStatus();
}

}  // namespace svidence::linux_os
