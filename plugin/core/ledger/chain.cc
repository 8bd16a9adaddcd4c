#include "plugin/core/ledger/chain.h"

#include <string>
#include <utility>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

std::string TextOf(const std::optional<EntryIndex>& index) {
  return index ? std::to_string(*index) : "null";
}

}  // namespace

std::optional<Defect> ChainChecker::CheckPlace() const {
  const EntryPlace& place = view_.place;
  if (place.index != head_.size) {
    return Found(DefectKind::kIndex, "the entry says that its index is " +
                                         std::to_string(place.index) + ", it stands at " +
                                         std::to_string(head_.size));
  }
  if (place.prev != head_.last_leaf) {
    return Found(DefectKind::kPrev,
                 "the entry follows one with leaf hash " + DigestText(place.prev) +
                     ", the entry before it has " + DigestText(head_.last_leaf) +
                     ": one of the two was changed, or entries between them are gone");
  }
  if (place.at_millis < last_at_millis_) {
    return Found(DefectKind::kTime, "the entry is of " + FormatTime(place.at_millis) +
                                        ", the one before it of " + FormatTime(last_at_millis_));
  }
  return std::nullopt;
}

std::optional<Defect> ChainChecker::CheckSubject() {
  const SubjectIndex::Key key = subjects_->KeyOf(view_.subject);
  const std::optional<EntryIndex> subject_prev = subjects_->Last(key);
  if (view_.place.subject_prev != subject_prev) {
    return Found(DefectKind::kSubjectPrev,
                 "the entry says that the previous one on " + Quote(view_.subject, 256) + " is " +
                     TextOf(view_.place.subject_prev) + ", it is " + TextOf(subject_prev));
  }
  subjects_->Set(key, head_.size);
  return std::nullopt;
}

std::optional<Defect> ChainChecker::Check(const StoredEntry& entry) {
  const Digest leaf = LeafHash(hasher_, entry.bytes);
  if (leaf != entry.leaf) {
    return Found(DefectKind::kLeaf, "the entry's bytes have the leaf hash " + DigestText(leaf) +
                                        ", " + DigestText(entry.leaf) +
                                        " was stored when it was written");
  }
  const StatusOr<EntryView> view = ScanEntry(entry.bytes);
  if (!view.ok()) return Found(DefectKind::kMalformed, Message(view.status()));
  view_ = *view;
  if (std::optional<Defect> defect = CheckPlace()) return defect;
  if (subjects_ != nullptr) {
    if (std::optional<Defect> defect = CheckSubject()) return defect;
  }
  head_ = {.size = head_.size + 1, .last_leaf = leaf};
  last_at_millis_ = view_.place.at_millis;
  return std::nullopt;
}

}  // namespace svidence::ledger
