#include "plugin/adapters/sqlite/file_watch.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include "attestors/base/quote.h"

namespace svidence::sqlite {
namespace {

constexpr std::size_t kMaxShownPath = 256;

}  // namespace

std::string FileWatch::Name() const { return what_ + ' ' + Quote(path_, kMaxShownPath); }

StatusOr<FileWatch::Facts> FileWatch::Look() const {
  struct stat facts {};
  if (stat(path_.c_str(), &facts) != 0) {
    return FailedPrecondition(Name() + " is gone: " + std::generic_category().message(errno));
  }
  return Facts{facts.st_dev, facts.st_ino, static_cast<std::uint64_t>(facts.st_size)};
}

StatusOr<FileWatch> FileWatch::Begin(std::string path, std::string what) {
  FileWatch watch(std::move(path), std::move(what));
  SVIDENCE_ASSIGN_OR_RETURN(watch.seen_, watch.Look());
  return watch;
}

Status FileWatch::Check() {
  SVIDENCE_ASSIGN_OR_RETURN(const Facts now, Look());
  if (now.device != seen_.device || now.inode != seen_.inode) {
    return FailedPrecondition(Name() + " was replaced by another while it was open");
  }
  if (now.bytes < seen_.bytes) {
    return FailedPrecondition(Name() + " was cut from " + std::to_string(seen_.bytes) + " to " +
                              std::to_string(now.bytes) + " bytes while it was open");
  }
  seen_ = now;
  return OkStatus();
}

}  // namespace svidence::sqlite
