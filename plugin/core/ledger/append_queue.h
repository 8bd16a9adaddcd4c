// Requests that wait for the committer, and those whose commit is under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "plugin/core/ledger/committer.h"

namespace svidence::ledger {

// Not thread-safe: the committer guards it with its lock.
class AppendQueue {
 public:
  // Part of the queue that only urgent requests may use.
  static constexpr std::size_t kUrgentReserve = 64;

  explicit AppendQueue(std::size_t max_size) : max_size_(max_size) {}

  bool HasRoom(bool urgent) const { return size() < max_size_ + (urgent ? kUrgentReserve : 0); }
  void Push(AppendRequest request) {
    (request.urgent ? urgent_ : normal_).push_back(std::move(request));
  }
  // Up to `max` requests, urgent ones first.
  std::vector<AppendRequest> Take(std::size_t max);
  // Up to `max` requests, urgent ones only.
  std::vector<AppendRequest> TakeUrgent(std::size_t max);
  // Gives back the last of what Take gave, in order, to be taken next.
  void PutBack(std::vector<AppendRequest> requests);
  // Removes the requests whose deadline has passed.
  std::vector<AppendRequest> TakeExpired(std::int64_t now_millis);

  std::size_t size() const { return urgent_.size() + normal_.size(); }
  bool empty() const { return size() == 0; }
  bool has_urgent() const { return !urgent_.empty(); }

 private:
  std::size_t max_size_;
  std::deque<AppendRequest> urgent_;
  std::deque<AppendRequest> normal_;
};

}  // namespace svidence::ledger
