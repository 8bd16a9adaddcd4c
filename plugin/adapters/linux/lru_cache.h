// A map that forgets what was used longest ago.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace svidence::linux_os {

// Not thread-safe: its owner locks.
template <typename Key, typename Value>
class LruCache {
 public:
  // `capacity` entries at most; 0 keeps nothing.
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  // Null if it is not there. Valid until the next call of another method.
  const Value* Find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().second;
  }

  void Put(const Key& key, Value value) {
    Erase(key);
    if (capacity_ == 0) return;
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
    Trim();
  }

  void Erase(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
  }

  void SetCapacity(std::size_t capacity) {
    capacity_ = capacity;
    Trim();
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;

  void Trim() {
    while (entries_.size() > capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
  }

  std::size_t capacity_;
  Entries entries_;  // the last used first
  std::map<Key, typename Entries::iterator> index_;
};

}  // namespace svidence::linux_os
