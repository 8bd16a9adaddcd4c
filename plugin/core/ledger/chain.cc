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

Defect Found(EntryIndex index, DefectKind kind, std::string sentence) {
  return {.index = index, .kind = kind, .sentence = std::move(sentence)};
}

}  // namespace

std::optional<Defect> CheckLeaf(EntryIndex index, const Digest& leaf, const Digest& stored) {
  if (leaf == stored) return std::nullopt;
  return Found(index, DefectKind::kLeaf,
               "the entry's bytes have the leaf hash " + DigestText(leaf) + ", " +
                   DigestText(stored) + " was stored when it was written");
}

std::optional<Defect> CheckIndex(EntryIndex index, const EntryPlace& place) {
  if (place.index == index) return std::nullopt;
  return Found(index, DefectKind::kIndex,
               "the entry says that its index is " + std::to_string(place.index) +
                   ", it stands at " + std::to_string(index));
}

std::optional<Defect> CheckLink(const EntryPlace& place, const Head& before,
                                std::int64_t last_at_millis) {
  if (place.prev != before.last_leaf) {
    return Found(before.size, DefectKind::kPrev,
                 "the entry follows one with leaf hash " + DigestText(place.prev) +
                     ", the entry before it has " + DigestText(before.last_leaf) +
                     ": one of the two was changed, or entries between them are gone");
  }
  if (place.at_millis < last_at_millis) {
    return Found(before.size, DefectKind::kTime,
                 "the entry is of " + FormatTime(place.at_millis) + ", the one before it of " +
                     FormatTime(last_at_millis));
  }
  return std::nullopt;
}

std::optional<Defect> CheckSubjectPrev(EntryIndex index, const EntryView& view,
                                       std::optional<EntryIndex> actual) {
  if (view.place.subject_prev == actual) return std::nullopt;
  return Found(index, DefectKind::kSubjectPrev,
               "the entry says that the previous one on " + Quote(view.subject, 256) + " is " +
                   TextOf(view.place.subject_prev) + ", it is " + TextOf(actual));
}

std::optional<Defect> ChainChecker::CheckSubject() {
  const SubjectIndex::Key key = subjects_->KeyOf(view_.subject);
  std::optional<Defect> defect = CheckSubjectPrev(head_.size, view_, subjects_->Last(key));
  if (!defect) subjects_->Set(key, head_.size);
  return defect;
}

std::optional<Defect> ChainChecker::Check(const StoredEntry& entry) {
  const Digest leaf = LeafHash(hasher_, entry.bytes);
  if (std::optional<Defect> defect = CheckLeaf(head_.size, leaf, entry.leaf)) return defect;
  const StatusOr<EntryView> view = ScanEntry(entry.bytes);
  if (!view.ok()) return Found(head_.size, DefectKind::kMalformed, Message(view.status()));
  view_ = *view;
  if (std::optional<Defect> defect = CheckIndex(head_.size, view_.place)) return defect;
  if (std::optional<Defect> defect = CheckLink(view_.place, head_, last_at_millis_)) return defect;
  if (subjects_ != nullptr) {
    if (std::optional<Defect> defect = CheckSubject()) return defect;
  }
  head_ = {.size = head_.size + 1, .last_leaf = leaf};
  last_at_millis_ = view_.place.at_millis;
  return std::nullopt;
}

}  // namespace svidence::ledger
