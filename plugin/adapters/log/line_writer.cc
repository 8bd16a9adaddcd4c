#include "plugin/adapters/log/line_writer.h"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace svidence::log {
namespace {

constexpr std::chrono::milliseconds kLastFlush{1000};

// A whole line is one write(2), as long as the pipe has room for it; the
// loader would take the halves of a line for two lines if others write between.
// A line that cannot be written (the reader is gone) is lost.
void WriteLine(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t wrote = write(fd, line.data(), line.size());
    if (wrote >= 0) {
      line.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EAGAIN) {  // somebody made the shared pipe non-blocking
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      if (poll(&room, 1, -1) < 0 && errno != EINTR) return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

// Shared with the thread, which may outlive the writer.
struct LineWriter::State {
  const int fd;  // its own: the caller's number may name another file by then
  const std::function<std::string(std::uint64_t)> dropped_line;

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> queue;
  std::size_t queued_bytes = 0;
  std::uint64_t dropped = 0;
  bool writing = false;
  bool ended = false;

  State(int to, std::function<std::string(std::uint64_t)> line)
      : fd(to), dropped_line(std::move(line)) {}
  ~State() { close(fd); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool Idle() const { return queue.empty() && dropped == 0 && !writing; }
};

StatusOr<std::unique_ptr<LineWriter>> LineWriter::Start(
    int fd, std::function<std::string(std::uint64_t)> dropped_line) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) {
    return ResourceExhausted("duplicating descriptor " + std::to_string(fd) + ": " +
                             std::generic_category().message(errno));
  }
  auto state = std::make_shared<State>(own, std::move(dropped_line));
  try {  // std::thread has no other way to say no
    std::thread([state] { Run(*state); }).detach();
  } catch (const std::system_error& error) {
    return ResourceExhausted(std::string("starting the log's thread: ") + error.what());
  }
  return std::unique_ptr<LineWriter>(new LineWriter(std::move(state)));
}

LineWriter::~LineWriter() {
  Flush(kLastFlush);
  const std::lock_guard lock(state_->mutex);
  state_->ended = true;
  state_->changed.notify_all();
}

void LineWriter::Write(std::string line) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.size() >= kMaxQueuedLines ||
        state_->queued_bytes + line.size() > kMaxQueuedBytes) {
      ++state_->dropped;
      return;
    }
    state_->queued_bytes += line.size();
    state_->queue.push_back(std::move(line));
  }
  state_->changed.notify_all();
}

bool LineWriter::Flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, limit, [this] { return state_->Idle(); });
}

void LineWriter::Run(State& state) {
  std::unique_lock lock(state.mutex);
  while (true) {
    state.changed.wait(lock, [&state] { return !state.Idle() || state.ended; });
    if (state.Idle()) return;
    std::vector<std::string> lines = std::exchange(state.queue, {});
    std::uint64_t dropped = std::exchange(state.dropped, 0);
    state.queued_bytes = 0;
    state.writing = true;
    lock.unlock();

    for (const std::string& line : lines) WriteLine(state.fd, line);
    if (dropped > 0) WriteLine(state.fd, state.dropped_line(dropped));

    lock.lock();
    state.writing = false;
    state.changed.notify_all();
  }
}

}  // namespace svidence::log
