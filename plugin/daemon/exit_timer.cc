#include "plugin/daemon/exit_timer.h"

#include <utility>

#include <unistd.h>

namespace svidence::daemon {

ExitTimer::ExitTimer(std::chrono::milliseconds limit, std::function<void()> last_words)
    : thread_([this, limit, last_words = std::move(last_words)] {
        {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, limit, [this] { return cancelled_; })) return;
        }
        last_words();
        _exit(1);
      }) {}

ExitTimer::~ExitTimer() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

}  // namespace svidence::daemon
