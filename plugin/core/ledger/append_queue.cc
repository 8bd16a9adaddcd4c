#include "plugin/core/ledger/append_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace svidence::ledger {
namespace {

void MoveFront(std::deque<AppendRequest>& from, std::size_t max, std::vector<AppendRequest>& to) {
  while (!from.empty() && to.size() < max) {
    to.push_back(std::move(from.front()));
    from.pop_front();
  }
}

void MoveExpired(std::deque<AppendRequest>& from, std::int64_t now_millis,
                 std::vector<AppendRequest>& to) {
  const auto first = std::stable_partition(
      from.begin(), from.end(),
      [now_millis](const AppendRequest& request) { return request.deadline_millis > now_millis; });
  std::move(first, from.end(), std::back_inserter(to));
  from.erase(first, from.end());
}

}  // namespace

std::vector<AppendRequest> AppendQueue::Take(std::size_t max) {
  std::vector<AppendRequest> taken;
  taken.reserve(std::min(max, size()));
  MoveFront(urgent_, max, taken);
  MoveFront(normal_, max, taken);
  return taken;
}

std::vector<AppendRequest> AppendQueue::TakeUrgent(std::size_t max) {
  std::vector<AppendRequest> taken;
  MoveFront(urgent_, max, taken);
  return taken;
}

void AppendQueue::PutBack(std::vector<AppendRequest> requests) {
  for (auto request = requests.rbegin(); request != requests.rend(); ++request) {
    (request->urgent ? urgent_ : normal_).push_front(std::move(*request));
  }
}

std::vector<AppendRequest> AppendQueue::TakeExpired(std::int64_t now_millis) {
  std::vector<AppendRequest> expired;
  MoveExpired(urgent_, now_millis, expired);
  MoveExpired(normal_, now_millis, expired);
  return expired;
}

}  // namespace svidence::ledger
