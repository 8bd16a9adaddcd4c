#include "plugin/core/ledger/audit/audit.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <utility>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/audit/joiner.h"
#include "plugin/core/ledger/audit/slice_pool.h"
#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {
namespace {

Status CheckOptions(const AuditOptions& options) {
  if (options.jobs < 1 || options.jobs > kMaxAuditJobs) {
    return InvalidArgument("jobs must be 1 to " + std::to_string(kMaxAuditJobs) + ", got " +
                           std::to_string(options.jobs));
  }
  if (options.expected.size() > kMaxExpectedTrees) {
    return InvalidArgument("at most " + std::to_string(kMaxExpectedTrees) +
                           " checkpoints can be compared, got " +
                           std::to_string(options.expected.size()));
  }
  if (!std::has_single_bit(options.slice_entries) || options.slice_entries > kSliceEntries) {
    return InvalidArgument("a slice must have a power of two of entries, at most 65536, got " +
                           std::to_string(options.slice_entries));
  }
  return OkStatus();
}

std::vector<EntryIndex> SizesOf(const std::vector<ExpectedTree>& expected) {
  std::vector<EntryIndex> sizes;
  sizes.reserve(expected.size());
  for (const ExpectedTree& tree : expected) sizes.push_back(tree.size);
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

std::optional<Defect> CompareWithTree(const ExpectedTree& tree, const Joiner& found,
                                      const Hasher& hasher) {
  const EntryIndex size = found.head().size;
  if (tree.size > size) {
    return Defect{.index = size,
                  .kind = DefectKind::kCheckpoint,
                  .sentence = tree.name + " is of " + std::to_string(tree.size) +
                              " entries, there are " + std::to_string(size) +
                              ": the end was cut off"};
  }
  const auto at = found.roots().find(tree.size);
  const Digest root = at == found.roots().end() ? EmptyRoot(hasher) : at->second;
  if (root == tree.root) return std::nullopt;
  return Defect{.index = tree.size == 0 ? 0 : tree.size - 1,
                .kind = DefectKind::kCheckpoint,
                .sentence = tree.name + " has the root " + DigestText(tree.root) + " over " +
                            std::to_string(tree.size) + " entries, these have " + DigestText(root) +
                            ": the history before was rewritten"};
}

class Auditor {
 public:
  Auditor(EntrySource& source, const Hasher& hasher, const AuditOptions& options)
      : source_(source), hasher_(hasher), options_(options), sizes_(SizesOf(options.expected)) {}

  StatusOr<AuditReport> Run();

 private:
  StatusOr<SliceResult> CheckOne(std::uint64_t number, EntryReader& reader) const;
  StatusOr<std::optional<Defect>> JoinAll(Joiner& joiner);
  StatusOr<std::optional<Defect>> CheckWhole(const Joiner& joiner);
  Status Tell(const Joiner& joiner) const;

  EntrySource& source_;
  const Hasher& hasher_;
  const AuditOptions& options_;
  const std::vector<EntryIndex> sizes_;
  std::optional<EntryIndex> size_;
};

StatusOr<SliceResult> Auditor::CheckOne(std::uint64_t number, EntryReader& reader) const {
  SliceTask task{.first = number * options_.slice_entries, .size = size_, .wanted = sizes_};
  task.end = task.first + options_.slice_entries;
  if (size_) task.end = std::min(task.end, *size_);
  if (options_.mark) task.wanted_leaf = options_.mark->size - 1;
  return CheckSlice(task, reader, hasher_);
}

Status Auditor::Tell(const Joiner& joiner) const {
  if (!options_.progress) return OkStatus();
  const EntryIndex done = joiner.head().size;
  return options_.progress({.done = done, .total = size_.value_or(done), .bytes = joiner.bytes()});
}

StatusOr<std::optional<Defect>> Auditor::JoinAll(Joiner& joiner) {
  const EntryIndex most = size_.value_or(std::numeric_limits<EntryIndex>::max() / 2);
  const std::uint64_t slices = (most + options_.slice_entries - 1) / options_.slice_entries;
  std::vector<std::unique_ptr<EntryReader>> readers;
  const auto jobs = std::max<std::uint64_t>(1, std::min<std::uint64_t>(options_.jobs, slices));
  while (readers.size() < jobs) {
    SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<EntryReader> reader, source_.OpenReader());
    readers.push_back(std::move(reader));
  }
  SlicePool pool(std::move(readers), slices, [this](std::uint64_t number, EntryReader& reader) {
    return CheckOne(number, reader);
  });
  for (std::uint64_t number = 0; number < slices; ++number) {
    SVIDENCE_ASSIGN_OR_RETURN(const SliceResult slice, pool.Next());
    SVIDENCE_ASSIGN_OR_RETURN(std::optional<Defect> defect, joiner.Join(slice));
    if (defect) return defect;
    SVIDENCE_RETURN_IF_ERROR(Tell(joiner));
    if (slice.good < options_.slice_entries) break;
  }
  if (!size_ || joiner.head().size >= *size_) return std::optional<Defect>{};
  return std::optional(Defect{.index = joiner.head().size,
                              .kind = DefectKind::kMissing,
                              .sentence = "the ledger should have " + std::to_string(*size_) +
                                          " entries, it ends after " +
                                          std::to_string(joiner.head().size)});
}

StatusOr<std::optional<Defect>> Auditor::CheckWhole(const Joiner& joiner) {
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<Defect> defect, source_.CheckEnd(joiner.head()));
  if (!defect && !joiner.identity()) {
    defect = Defect{.index = 0,
                    .kind = DefectKind::kOpening,
                    .sentence = "the ledger is empty: it has not even its first entry"};
  }
  if (!defect && options_.mark) {
    defect = CompareWithMark(*options_.mark, *joiner.identity(), joiner.head().size,
                             joiner.wanted_leaf().value_or(Digest{}));
  }
  if (!defect) defect = joiner.tile_defect();
  for (const ExpectedTree& tree : options_.expected) {
    if (!defect) defect = CompareWithTree(tree, joiner, hasher_);
  }
  return defect;
}

StatusOr<AuditReport> Auditor::Run() {
  SVIDENCE_ASSIGN_OR_RETURN(size_, source_.Size());
  SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<EntryReader> reader, source_.OpenReader());
  Joiner joiner(hasher_, *reader, options_.slice_entries, size_, options_.verifier);
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<Defect> defect, JoinAll(joiner));
  if (!defect) {
    SVIDENCE_ASSIGN_OR_RETURN(defect, CheckWhole(joiner));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Digest root, joiner.Root());
  return AuditReport{.head = joiner.head(),
                     .bytes = joiner.bytes(),
                     .root = root,
                     .identity = joiner.identity(),
                     .defect = std::move(defect)};
}

}  // namespace

StatusOr<AuditReport> Audit(EntrySource& source, const Hasher& hasher,
                            const AuditOptions& options) {
  SVIDENCE_RETURN_IF_ERROR(CheckOptions(options));
  return Auditor(source, hasher, options).Run();
}

}  // namespace svidence::ledger
