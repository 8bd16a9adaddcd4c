// Writes lines to a descriptor that may stall, without ever stalling the caller.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "attestors/base/status.h"

namespace svidence::log {

// What waits to be written, at most. A line that finds no room is dropped.
constexpr std::size_t kMaxQueuedLines = 1024;
constexpr std::size_t kMaxQueuedBytes = std::size_t{256} * 1024;

// Thread-safe. One thread of its own does the writing: SPIRE reads our stderr
// through a pipe and stops reading when its own log sink stalls.
class LineWriter {
 public:
  // `fd` is duplicated. `dropped_line` makes the line that says how many were
  // lost; it is called on the writer's thread.
  // Errors: ResourceExhausted if there is no descriptor or thread to be had.
  static StatusOr<std::unique_ptr<LineWriter>> Start(
      int fd, std::function<std::string(std::uint64_t)> dropped_line);
  // Waits at most a second for what is queued. If the descriptor stalls for
  // longer, the thread is left behind with its descriptor: nothing can take it
  // out of write(2).
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Queues `line`, its line feed included, for one write(2). Never blocks.
  void Write(std::string line);
  // Waits until all that was queued before is written. False after `limit`.
  bool Flush(std::chrono::milliseconds limit);

 private:
  struct State;

  explicit LineWriter(std::shared_ptr<State> state) : state_(std::move(state)) {}

  static void Run(State& state);

  std::shared_ptr<State> state_;
};

}  // namespace svidence::log
