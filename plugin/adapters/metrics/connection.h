// One connection of the metrics server: reads a request, writes the answer, ends.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/adapters/metrics/http_exchange.h"

namespace svidence::metrics {

// Movable. Used by the server's thread only. Never blocks.
class Connection {
 public:
  // `socket` is non-blocking; `deadline_millis` is of the monotonic clock.
  Connection(linux_os::UniqueFd socket, std::int64_t deadline_millis)
      : socket_(std::move(socket)), deadline_millis_(deadline_millis) {}

  int fd() const { return socket_.get(); }
  std::int64_t deadline_millis() const { return deadline_millis_; }
  // POLLIN or POLLOUT: what Step() waits for.
  std::int16_t events() const;

  // Goes on as far as the socket allows. False when the connection is over.
  bool Step(const Pages& pages);

 private:
  enum class Phase { kReading, kWriting, kDraining };

  bool Read(const Pages& pages);
  bool Write();
  // Reads and drops what the peer still sends, so that closing does not reset
  // the connection under an answer that is on its way.
  bool Drain();

  linux_os::UniqueFd socket_;
  std::int64_t deadline_millis_;
  Phase phase_ = Phase::kReading;
  std::string received_;
  std::string answer_;  // what is not written yet
};

}  // namespace svidence::metrics
