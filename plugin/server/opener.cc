#include "plugin/server/opener.h"

#include <utility>

#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::server {
namespace {

// A daemon that was just replaced holds the lock until the kernel has ended it.
constexpr std::int64_t kLockWaitMillis = 10'000;
constexpr std::chrono::seconds kRetry{5};

}  // namespace

Opener::Opener(const SystemPorts& ports, config::ServerSettings settings, Hooks hooks)
    : ports_(ports),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Opener::~Opener() = default;

void Opener::AwaitFirst(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return first_done_; });
}

void Opener::FirstDone() {
  {
    const std::lock_guard lock(mutex_);
    first_done_ = true;
  }
  changed_.notify_all();
}

void Opener::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool over = TryOnce();
    FirstDone();
    if (over) return;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, kRetry, [] { return false; });
  }
}

bool Opener::TryOnce() {
  const auto refuse = [this](const Status& reason) { hooks_.refused(reason); };
  if (const Status made = linux_os::EnsureDirectory(settings_.ledger_dir); !made.ok()) {
    refuse(Annotate(made, "ledger_dir"));
    return false;
  }
  StatusOr<linux_os::DirLock> lock =
      linux_os::DirLock::Acquire(settings_.ledger_dir, kLockWaitMillis);
  if (!lock.ok()) {
    refuse(Annotate(lock.status(), "locking the ledger"));
    return false;
  }
  StatusOr<std::unique_ptr<Books>> books = Books::Open(ports_, settings_, *std::move(lock));
  if (books.ok()) {
    hooks_.opened(*std::move(books));
    return true;
  }
  refuse(books.status());
  // A ledger that is damaged, foreign or put back stays so until a person acts.
  return books.status().code() == StatusCode::kDataLoss ||
         books.status().code() == StatusCode::kFailedPrecondition;
}

}  // namespace svidence::server
