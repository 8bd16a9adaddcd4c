// The owner of a file descriptor. The shim's own: it includes nothing of the
// rest of the project, which it must outlive.
#pragma once

#include <utility>

#include <unistd.h>

namespace svidence::shim {

// Movable, not copyable. Holds -1 or a descriptor that it alone will close.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { Reset(); }

  // Not retried on EINTR: Linux has closed the descriptor even then.
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }
  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace svidence::shim
