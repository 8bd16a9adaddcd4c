#include "plugin/core/ledger/audit/tail_check.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/chain.h"
#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/replay.h"
#include "plugin/core/ledger/subject_index.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/proof.h"
#include "plugin/core/ledger/tree/proof_check.h"

namespace svidence::ledger {
namespace {

using Found = std::optional<Defect>;

// A first entry on its subject, to be followed once the reader is free.
struct Link {
  EntryIndex index = 0;
  EntryIndex before = 0;
  std::string subject;
};

class Tail {
 public:
  Tail(EntryReader& reader, NodeReader& nodes, const Hasher& hasher, const Checkpoint& from)
      : reader_(reader), nodes_(nodes), hasher_(hasher), from_(from), subjects_(hasher) {}

  StatusOr<Found> Begin();
  StatusOr<Found> Go(EntryIndex end);
  StatusOr<Found> FollowLinks();
  Found CompareRoot(const Checkpoint& to) const;

  EntryIndex checked() const { return head_.size - from_.size; }
  std::uint64_t unfollowed() const { return unfollowed_; }

 private:
  Found Check(std::string_view bytes, const Digest* stored);
  Found CheckSubject(const EntryView& view);
  StatusOr<bool> IsOn(const Link& link, std::string_view bytes);

  EntryReader& reader_;
  NodeReader& nodes_;
  const Hasher& hasher_;
  const Checkpoint& from_;
  SubjectIndex subjects_;
  CompactRange tree_;
  Head head_;
  std::int64_t last_at_millis_ = 0;
  std::vector<Link> links_;
  std::uint64_t unfollowed_ = 0;
};

// The one entry at `index`, or why it is not there.
StatusOr<std::string> ReadOne(EntryReader& reader, EntryIndex index) {
  EntryBlock block;
  SVIDENCE_RETURN_IF_ERROR(reader.Read(index, 1, block));
  if (!block.entries.empty()) return std::string(block.entries.front());
  return DataLoss(block.defect ? block.defect->sentence : "the entry is not there");
}

Found AsDefect(EntryIndex index, DefectKind kind, const Status& status) {
  return Defect{.index = index, .kind = kind, .sentence = Message(status)};
}

// Takes up where the old tree ends: its right edge, its last entry.
StatusOr<Found> Tail::Begin() {
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> edge,
                            nodes_.Read(CoverOf({.begin = 0, .end = from_.size})));
  SVIDENCE_ASSIGN_OR_RETURN(tree_, CompactRange::Restore(from_.size, edge));
  const EntryIndex last = from_.size - 1;
  if (tree_.Root(hasher_) != from_.root) {
    return AsDefect(last, DefectKind::kTile,
                    DataLoss("the published tiles do not lead to the root of the first " +
                             std::to_string(from_.size) + " entries"));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> proof,
                            ProveInclusion(hasher_, nodes_, last, from_.size));
  const StatusOr<std::string> bytes = ReadOne(reader_, last);
  if (!bytes.ok() && bytes.status().code() != StatusCode::kDataLoss) return bytes.status();
  if (!bytes.ok()) return AsDefect(last, DefectKind::kMissing, bytes.status());
  head_ = {.size = from_.size, .last_leaf = LeafHash(hasher_, *bytes)};
  const Status included =
      VerifyInclusion(hasher_, head_.last_leaf, last, from_.size, proof, from_.root);
  if (!included.ok()) return AsDefect(last, DefectKind::kLeaf, included);
  const StatusOr<EntryView> view = ScanEntry(*bytes);
  if (!view.ok()) return AsDefect(last, DefectKind::kMalformed, view.status());
  last_at_millis_ = view->place.at_millis;
  return Found{};
}

Found Tail::CheckSubject(const EntryView& view) {
  const SubjectIndex::Key key = subjects_.KeyOf(view.subject);
  const std::optional<EntryIndex> last = subjects_.Last(key);
  const std::optional<EntryIndex>& before = view.place.subject_prev;
  subjects_.Set(key, head_.size);
  if (last || (before && *before >= from_.size)) return CheckSubjectPrev(head_.size, view, last);
  if (before && links_.size() < kMaxFollowedLinks) {
    links_.push_back(
        {.index = head_.size, .before = *before, .subject = std::string(view.subject)});
  } else {
    ++unfollowed_;
  }
  return std::nullopt;
}

Found Tail::Check(std::string_view bytes, const Digest* stored) {
  const Digest leaf = LeafHash(hasher_, bytes);
  if (stored != nullptr) {
    if (Found defect = CheckLeaf(head_.size, leaf, *stored)) return defect;
  }
  const StatusOr<EntryView> view = ScanEntry(bytes);
  if (!view.ok()) return AsDefect(head_.size, DefectKind::kMalformed, view.status());
  if (Found defect = CheckIndex(head_.size, view->place)) return defect;
  if (Found defect = CheckLink(view->place, head_, last_at_millis_)) return defect;
  if (Found defect = CheckSubject(*view)) return defect;
  std::optional<LogIdentity> none;
  if (Found defect = CheckOpening(hasher_, *view, none)) return defect;
  const Status appended = tree_.Append(hasher_, leaf);
  if (!appended.ok()) return AsDefect(head_.size, DefectKind::kSurplus, appended);
  head_ = {.size = head_.size + 1, .last_leaf = leaf};
  last_at_millis_ = view->place.at_millis;
  return std::nullopt;
}

StatusOr<Found> Tail::Go(EntryIndex end) {
  EntryBlock block;
  while (head_.size < end) {
    SVIDENCE_RETURN_IF_ERROR(
        reader_.Read(head_.size, static_cast<std::size_t>(end - head_.size), block));
    if (block.entries.empty()) {
      if (block.defect) return block.defect;
      return AsDefect(head_.size, DefectKind::kMissing, DataLoss("the entry is not there"));
    }
    for (std::size_t i = 0; i < block.entries.size(); ++i) {
      Found defect = Check(block.entries[i], block.leaves.empty() ? nullptr : &block.leaves[i]);
      if (defect) return defect;
    }
  }
  return Found{};
}

// Is `bytes` the entry that `link` leads to, in the old tree and on its subject?
StatusOr<bool> Tail::IsOn(const Link& link, std::string_view bytes) {
  const StatusOr<EntryView> view = ScanEntry(bytes);
  if (!view.ok() || view->place.index != link.before || view->subject != link.subject) return false;
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> proof,
                            ProveInclusion(hasher_, nodes_, link.before, from_.size));
  return VerifyInclusion(hasher_, LeafHash(hasher_, bytes), link.before, from_.size, proof,
                         from_.root)
      .ok();
}

StatusOr<Found> Tail::FollowLinks() {
  for (const Link& link : links_) {
    const StatusOr<std::string> bytes = ReadOne(reader_, link.before);
    if (!bytes.ok() && bytes.status().code() != StatusCode::kDataLoss) return bytes.status();
    if (bytes.ok()) {
      SVIDENCE_ASSIGN_OR_RETURN(const bool there, IsOn(link, *bytes));
      if (there) continue;
    }
    return Found(Defect{.index = link.index,
                        .kind = DefectKind::kSubjectPrev,
                        .sentence = "the entry says that the previous one on " +
                                    Quote(link.subject, 256) + " is " +
                                    std::to_string(link.before) + ", which is none"});
  }
  return Found{};
}

Found Tail::CompareRoot(const Checkpoint& to) const {
  const Digest root = tree_.Root(hasher_);
  if (root == to.root) return std::nullopt;
  return Defect{.index = to.size - 1,
                .kind = DefectKind::kCheckpoint,
                .sentence = "the checkpoint of " + std::to_string(to.size) +
                            " entries has the root " + DigestText(to.root) +
                            ", the published entries have " + DigestText(root)};
}

}  // namespace

StatusOr<TailReport> CheckTail(EntryReader& reader, NodeReader& nodes, const Checkpoint& from,
                               const Checkpoint& to, const Hasher& hasher) {
  if (from.size == 0 || from.size > to.size) {
    return InvalidArgument("entries must be added to a tree that has some, got " +
                           std::to_string(from.size) + " and " + std::to_string(to.size));
  }
  Tail tail(reader, nodes, hasher, from);
  SVIDENCE_ASSIGN_OR_RETURN(Found defect, tail.Begin());
  if (defect) return TailReport{.defect = std::move(defect)};
  SVIDENCE_ASSIGN_OR_RETURN(defect, tail.Go(to.size));
  if (!defect) {
    SVIDENCE_ASSIGN_OR_RETURN(defect, tail.FollowLinks());
  }
  if (!defect) defect = tail.CompareRoot(to);
  return TailReport{
      .checked = tail.checked(), .unfollowed = tail.unfollowed(), .defect = std::move(defect)};
}

}  // namespace svidence::ledger
