#include "plugin/adapters/metrics/connection.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace svidence::metrics {
namespace {

constexpr std::size_t kChunkBytes = 4096;

bool MustWait() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

std::int16_t Connection::events() const { return phase_ == Phase::kWriting ? POLLOUT : POLLIN; }

bool Connection::Step(const Pages& pages) {
  switch (phase_) {
    case Phase::kReading:
      return Read(pages);
    case Phase::kWriting:
      return Write();
    case Phase::kDraining:
      return Drain();
  }
  return false;
}

bool Connection::Read(const Pages& pages) {
  std::array<char, kChunkBytes> chunk{};
  const ssize_t count = recv(socket_.get(), chunk.data(), chunk.size(), 0);
  if (count < 0) return MustWait();
  if (count == 0) return false;
  received_.append(chunk.data(), static_cast<std::size_t>(count));
  std::optional<std::string> answer = AnswerRequest(received_, pages);
  if (!answer) return true;
  answer_ = *std::move(answer);
  received_.clear();
  phase_ = Phase::kWriting;
  return Write();
}

bool Connection::Write() {
  const ssize_t count = send(socket_.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
  if (count < 0) return MustWait();
  answer_.erase(0, static_cast<std::size_t>(count));
  if (!answer_.empty()) return true;
  phase_ = Phase::kDraining;
  return shutdown(socket_.get(), SHUT_WR) == 0;
}

bool Connection::Drain() {
  std::array<char, kChunkBytes> chunk{};
  const ssize_t count = recv(socket_.get(), chunk.data(), chunk.size(), 0);
  return count < 0 ? MustWait() : count > 0;
}

}  // namespace svidence::metrics
