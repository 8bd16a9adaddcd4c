#include "plugin/core/ledger/replay.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace svidence::ledger {
namespace {

// Small enough that a reader never holds a snapshot for long.
constexpr std::size_t kSliceEntries = 1024;
constexpr std::size_t kSliceBytes = std::size_t{1024} * 1024;

Defect BadOpening(std::string sentence) {
  return {.index = 0, .kind = DefectKind::kOpening, .sentence = std::move(sentence)};
}

}  // namespace

StatusOr<std::vector<StoredEntry>> Replay::ReadSlice(std::optional<EntryIndex> end) {
  const EntryIndex next = head().size;
  const std::size_t count =
      end ? static_cast<std::size_t>(std::min<EntryIndex>(*end - next, kSliceEntries))
          : kSliceEntries;
  StatusOr<std::vector<StoredEntry>> slice = store_.Read(next, count, kSliceBytes);
  if (slice.ok() || slice.status().code() != StatusCode::kDataLoss) return slice;
  return store_.Read(next, 1, kSliceBytes);  // those before the one at fault are good
}

std::optional<Defect> CheckOpening(const Hasher& hasher, const EntryView& view,
                                   std::optional<LogIdentity>& identity) {
  if (view.place.index != 0) {
    if (view.type != kOpenedType) return std::nullopt;
    return Defect{.index = view.place.index,
                  .kind = DefectKind::kOpening,
                  .sentence = "only entry 0 may be a log.opened"};
  }
  StatusOr<LogIdentity> opened =
      ParseOpened(hasher, {.type = std::string(view.type), .members = std::string(view.members)});
  if (!opened.ok()) {
    return Defect{.index = 0, .kind = DefectKind::kOpening, .sentence = Message(opened.status())};
  }
  identity = *std::move(opened);
  return std::nullopt;
}

std::optional<Defect> Replay::CheckKeyChange() {
  const EntryView& view = checker_.view();
  const Status good =
      verifier_ == nullptr
          ? FailedPrecondition("nobody here can check the signatures of a change of key")
          : keys_->Apply(hasher_, *verifier_,
                         {.place = view.place,
                          .type = std::string(view.type),
                          .subject = std::string(view.subject),
                          .members = std::string(view.members)});
  if (good.ok()) return std::nullopt;
  return Defect{.index = view.place.index, .kind = DefectKind::kKey, .sentence = Message(good)};
}

std::optional<Defect> Replay::CheckLog() {
  const EntryView& view = checker_.view();
  if (view.type == kKeyChangedType && view.place.index != 0) return CheckKeyChange();
  if (std::optional<Defect> defect = CheckOpening(hasher_, view, identity_)) return defect;
  if (view.place.index != 0) return std::nullopt;
  StatusOr<KeySchedule> keys = KeySchedule::Begin(hasher_, *identity_);
  if (!keys.ok()) return BadOpening(Message(keys.status()));
  keys_ = *std::move(keys);
  return std::nullopt;
}

StatusOr<std::optional<Defect>> Replay::Run(std::optional<EntryIndex> end, const Visit& visit,
                                            const OnProgress& progress) {
  while (!end || head().size < *end) {
    const StatusOr<std::vector<StoredEntry>> slice = ReadSlice(end);
    const EntryIndex next = head().size;
    if (!slice.ok() && slice.status().code() != StatusCode::kDataLoss) return slice.status();
    if (!slice.ok() || (slice->empty() && end)) {
      return Defect{.index = next,
                    .kind = DefectKind::kMissing,
                    .sentence = slice.ok() ? "the ledger should have " + std::to_string(*end) +
                                                 " entries, it ends after " + std::to_string(next)
                                           : Message(slice.status())};
    }
    if (slice->empty()) return std::nullopt;
    for (const StoredEntry& entry : *slice) {
      std::optional<Defect> defect = checker_.Check(entry);
      if (!defect) defect = CheckLog();
      if (defect) return defect;
      SVIDENCE_RETURN_IF_ERROR(visit(checker_.view(), head().last_leaf));
    }
    if (progress) {
      SVIDENCE_RETURN_IF_ERROR(progress({.done = head().size, .total = end.value_or(head().size)}));
    }
  }
  return std::nullopt;
}

}  // namespace svidence::ledger
