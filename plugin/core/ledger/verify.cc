#include "plugin/core/ledger/verify.h"

#include <string>
#include <vector>

#include "attestors/base/encoding.h"

namespace svidence::ledger {
namespace {

// Entries behind the stored end, unless the ledger has grown meanwhile.
StatusOr<std::optional<Defect>> FindSurplus(LedgerStore& store, const Head& end) {
  const StatusOr<std::vector<StoredEntry>> behind = store.Read(end.size, 1, kMaxEntryBytes);
  const bool damaged = !behind.ok() && behind.status().code() == StatusCode::kDataLoss;
  if (!behind.ok() && !damaged) return behind.status();
  if (!damaged && behind->empty()) return std::nullopt;
  const StatusOr<Head> now = store.ReadHead();
  if (now.ok() && *now != end) return std::nullopt;
  return Defect{
      .index = end.size,
      .kind = DefectKind::kSurplus,
      .sentence = "there are entries behind the ledger's end at " + std::to_string(end.size)};
}

std::optional<Defect> CompareHead(const StatusOr<Head>& stored, const Head& found) {
  if (stored.ok() && *stored == found) return std::nullopt;
  const std::string sentence =
      stored.ok() ? "the stored end has the leaf hash " + DigestText(stored->last_leaf) +
                        ", the last entry has " + DigestText(found.last_leaf)
                  : Message(stored.status());
  return Defect{.index = found.size == 0 ? 0 : found.size - 1,
                .kind = DefectKind::kHead,
                .sentence = sentence};
}

}  // namespace

StatusOr<std::optional<Defect>> CheckStoredEnd(LedgerStore& store, const StatusOr<Head>& stored,
                                               const Head& found) {
  if (std::optional<Defect> defect = CompareHead(stored, found)) return defect;
  return FindSurplus(store, found);
}

StatusOr<VerifyReport> VerifyLedger(LedgerStore& store, const Hasher& hasher,
                                    const VerifyOptions& options) {
  const StatusOr<Head> head = store.ReadHead();
  if (!head.ok() && head.status().code() != StatusCode::kDataLoss) return head.status();

  SubjectIndex subjects(hasher);
  Replay replay(store, hasher, subjects, options.verifier);
  Digest leaf_at_mark{};
  const auto visit = [&](const EntryView& view, const Digest& leaf) -> Status {
    if (options.mark && view.place.index + 1 == options.mark->size) leaf_at_mark = leaf;
    return OkStatus();
  };
  const std::optional<EntryIndex> end =
      head.ok() ? std::optional<EntryIndex>(head->size) : std::nullopt;
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<Defect> defect, replay.Run(end, visit, options.progress));
  if (!defect) {
    SVIDENCE_ASSIGN_OR_RETURN(defect, CheckStoredEnd(store, head, replay.head()));
  }
  if (!defect && !replay.identity()) {
    defect = Defect{.index = 0,
                    .kind = DefectKind::kOpening,
                    .sentence = "the ledger is empty: it has not even its first entry"};
  }
  if (!defect && options.mark) {
    defect = CompareWithMark(*options.mark, *replay.identity(), replay.head().size, leaf_at_mark);
  }
  return VerifyReport{.head = replay.head(),
                      .identity = replay.identity(),
                      .defect = std::move(defect),
                      .keys = replay.keys()};
}

}  // namespace svidence::ledger
