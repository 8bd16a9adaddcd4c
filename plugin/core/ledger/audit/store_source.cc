#include "plugin/core/ledger/audit/store_source.h"

#include <string>
#include <utility>

#include "plugin/core/ledger/verify.h"

namespace svidence::ledger {
namespace {

class StoreReader final : public EntryReader {
 public:
  explicit StoreReader(std::unique_ptr<LedgerStore> store) : store_(std::move(store)) {}

  Status Read(EntryIndex first, std::size_t max_entries, EntryBlock& block) override;

 private:
  std::unique_ptr<LedgerStore> store_;
  std::vector<StoredEntry> read_;
};

Status StoreReader::Read(EntryIndex first, std::size_t max_entries, EntryBlock& block) {
  block = {};
  StatusOr<std::vector<StoredEntry>> read = store_->Read(first, max_entries, kMaxBlockBytes);
  const auto damaged = [&read] {
    return !read.ok() && read.status().code() == StatusCode::kDataLoss;
  };
  // Those before the one at fault are good: they come one by one.
  if (damaged() && max_entries > 1) read = store_->Read(first, 1, kMaxBlockBytes);
  if (damaged()) {
    block.defect =
        Defect{.index = first, .kind = DefectKind::kMissing, .sentence = Message(read.status())};
    return OkStatus();
  }
  SVIDENCE_RETURN_IF_ERROR(read.status());
  read_ = *std::move(read);
  for (const StoredEntry& entry : read_) {
    block.entries.emplace_back(entry.bytes);
    block.leaves.push_back(entry.leaf);
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::optional<EntryIndex>> StoreSource::Size() {
  stored_ = store_->ReadHead();
  if (stored_.ok()) return std::optional<EntryIndex>(stored_->size);
  // A damaged end hides no damage before it.
  if (stored_.status().code() == StatusCode::kDataLoss) return std::optional<EntryIndex>{};
  return stored_.status();
}

StatusOr<std::unique_ptr<EntryReader>> StoreSource::OpenReader() {
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<LedgerStore> store, open_());
  return std::unique_ptr<EntryReader>(std::make_unique<StoreReader>(std::move(store)));
}

StatusOr<std::optional<Defect>> StoreSource::CheckEnd(const Head& found) {
  return CheckStoredEnd(*store_, stored_, found);
}

}  // namespace svidence::ledger
