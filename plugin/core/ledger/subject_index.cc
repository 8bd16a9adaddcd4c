#include "plugin/core/ledger/subject_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace svidence::ledger {
namespace {

constexpr std::size_t kFirstSlots = 16;

}  // namespace

SubjectKey SubjectKeyOf(const Hasher& hasher, std::string_view subject) {
  const Digest digest = hasher.Sha256({subject});
  SubjectKey key{};
  static_assert(sizeof(key) <= sizeof(digest));
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

SubjectIndex::Key::Key(const SubjectKey& bytes) {
  static_assert(sizeof(words_) == sizeof(bytes));
  std::memcpy(words_.data(), bytes.data(), sizeof(words_));
}

SubjectIndex::Key SubjectIndex::KeyOf(std::string_view subject) const {
  return Key(SubjectKeyOf(*hasher_, subject));
}

std::size_t SubjectIndex::Probe(const std::vector<Slot>& slots, const Key& key) {
  const std::size_t mask = slots.size() - 1;
  std::size_t i = key.words_[1] & mask;
  while (slots[i].last_plus_one != kEmpty && !(slots[i].key == key)) i = (i + 1) & mask;
  return i;
}

std::optional<EntryIndex> SubjectIndex::Last(const Key& key) const {
  const Shard& shard = shards_[ShardOf(key)];
  if (shard.slots.empty()) return std::nullopt;
  const std::uint64_t found = shard.slots[Probe(shard.slots, key)].last_plus_one;
  if (found == kEmpty || found == kTakenBack) return std::nullopt;
  return found - 1;
}

void SubjectIndex::Grow(Shard& shard) {
  std::vector<Slot> larger(std::max(kFirstSlots, shard.slots.size() * 2));
  for (const Slot& slot : shard.slots) {
    if (slot.last_plus_one != kEmpty) larger[Probe(larger, slot.key)] = slot;
  }
  shard.slots = std::move(larger);
}

void SubjectIndex::Set(const Key& key, std::optional<EntryIndex> last) {
  Shard& shard = shards_[ShardOf(key)];
  if (shard.used * 4 >= shard.slots.size() * 3) Grow(shard);  // at most three quarters full
  Slot& slot = shard.slots[Probe(shard.slots, key)];
  if (slot.last_plus_one == kEmpty) {
    if (!last) return;
    slot.key = key;
    ++shard.used;
    ++size_;
  }
  slot.last_plus_one = last ? *last + 1 : kTakenBack;
}

std::size_t SubjectIndex::memory_bytes() const {
  std::size_t slots = 0;
  for (const Shard& shard : shards_) slots += shard.slots.capacity();
  return slots * sizeof(Slot) + shards_.size() * sizeof(Shard);
}

}  // namespace svidence::ledger
