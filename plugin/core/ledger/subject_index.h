// Which entry was the last one on a subject: where `subject_prev` comes from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "plugin/core/ledger/entry.h"

namespace svidence::ledger {

// What stands for a subject: the first bytes of its SHA-256.
using SubjectKey = std::array<std::uint8_t, 24>;
SubjectKey SubjectKeyOf(const Hasher& hasher, std::string_view subject);

// Rebuilt from the entries at each start, or restored from what is kept beside
// them (derived/). Subjects are kept as 24
// bytes of their SHA-256, 32 bytes each in all: 100,000 of them take 4 to 8 MB,
// whatever the length of their names. Two subjects with the same 192 bits would
// be a broken SHA-256. Not thread-safe.
class SubjectIndex {
 public:
  // `hasher` must outlive this object.
  explicit SubjectIndex(const Hasher& hasher) : hasher_(&hasher) {}

  // Where a subject is kept; valid for ever, cheap to copy.
  class Key {
   public:
    Key() = default;
    explicit Key(const SubjectKey& bytes);
    friend bool operator==(const Key&, const Key&) = default;
    // Some of its bits, evenly spread: for tables of keys.
    std::uint64_t Mix() const { return words_[2]; }

   private:
    friend class SubjectIndex;
    std::array<std::uint64_t, 3> words_{};
  };
  Key KeyOf(std::string_view subject) const;

  std::optional<EntryIndex> Last(const Key& key) const;
  // nullopt takes a subject back that Set has added.
  void Set(const Key& key, std::optional<EntryIndex> last);

  std::optional<EntryIndex> Last(std::string_view subject) const { return Last(KeyOf(subject)); }
  void Set(std::string_view subject, EntryIndex last) { Set(KeyOf(subject), last); }

  // Subjects ever seen.
  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const;

 private:
  // Open addressing, linear probing; a power of two of slots, or none.
  struct Slot {
    Key key;
    std::uint64_t last_plus_one = 0;  // kEmpty: nothing was ever here
  };
  struct Shard {
    std::vector<Slot> slots;
    std::size_t used = 0;
  };
  static constexpr std::uint64_t kEmpty = 0;
  static constexpr std::uint64_t kTakenBack = ~std::uint64_t{0};
  // Many small tables instead of one: growing one is what an append waits for.
  static constexpr std::size_t kShards = 256;

  static std::size_t ShardOf(const Key& key) { return key.words_[0] % kShards; }
  // The slot that holds `key` or would take it. `slots` is not full.
  static std::size_t Probe(const std::vector<Slot>& slots, const Key& key);
  static void Grow(Shard& shard);

  const Hasher* hasher_;
  std::vector<Shard> shards_ = std::vector<Shard>(kShards);
  std::size_t size_ = 0;
};

}  // namespace svidence::ledger
