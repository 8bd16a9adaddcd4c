#include "plugin/core/ledger/open.h"

#include <memory>
#include <optional>
#include <utility>

#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kKeepAndVerify =
    "; keep the files as they are, run \"svidence ledger verify\", and put the ledger back from "
    "a backup that is at least as new as the mark";

Status RefusalOf(const Defect& defect) {
  std::string text = "the ledger does not verify: entry " + std::to_string(defect.index) + ", " +
                     std::string(NameOf(defect.kind)) + ": " + defect.sentence;
  text += kKeepAndVerify;
  return defect.kind == DefectKind::kMark ? FailedPrecondition(text) : DataLoss(text);
}

Status CheckIdentity(const LogIdentity& identity, const OpenPorts& ports,
                     const OpenSettings& settings) {
  if (identity.trust_domain != settings.trust_domain) {
    return FailedPrecondition("the ledger is of trust domain " + Quote(identity.trust_domain, 256) +
                              ", this server of " + Quote(settings.trust_domain, 256) +
                              ": set ledger_dir to this server's own ledger");
  }
  const Vkey ours{.name = identity.origin, .key = settings.log_key};
  const std::string vkey = FormatVkey(ports.hasher, ours);
  if (identity.vkey != vkey) {
    return FailedPrecondition("the ledger was opened with the key " + Quote(identity.vkey, 256) +
                              ", log_key is " + Quote(vkey, 256) +
                              ": put the ledger's own key back");
  }
  return OkStatus();
}

Status CheckMark(const std::optional<HighWaterMark>& mark, const LogIdentity& identity,
                 const Head& head, const Digest& leaf) {
  if (!mark) return OkStatus();
  const std::optional<Defect> defect = CompareWithMark(*mark, identity, head.size, leaf);
  return defect ? RefusalOf(*defect) : OkStatus();
}

// Appends entry 0. After a lost answer the head tells.
StatusOr<OpenedLedger> Create(const OpenPorts& ports, const OpenSettings& settings,
                              CommitObserver& observer) {
  OpenedLedger opened{.identity = NewLogIdentity(ports.hasher, ports.random, settings.trust_domain,
                                                 settings.log_key),
                      .start = {},
                      .created = true};
  ChainWriter writer(
      ports.hasher,
      {.head = {}, .last_at_millis = 0, .subjects = std::make_unique<SubjectIndex>(ports.hasher)});
  writer.Begin();
  SVIDENCE_RETURN_IF_ERROR(
      writer.Add(DraftOpened(opened.identity, settings.by), ports.clock.UnixMillis()));
  Status stored = ports.store.Append(writer.head(), writer.entries());
  if (stored.code() == StatusCode::kUnavailable) {
    const StatusOr<Head> head = ports.store.ReadHead();
    if (head.ok() && *head == writer.next_head()) stored = OkStatus();
  }
  SVIDENCE_RETURN_IF_ERROR(Annotate(stored, "writing the first entry of a new ledger"));

  const Entry entry = writer.Adopt().entries.front();
  observer.OnCommitted(entry);
  auto subjects = std::make_unique<SubjectIndex>(ports.hasher);
  subjects->Set(kLogSubject, 0);
  opened.start = {.head = writer.head(),
                  .last_at_millis = entry.place.at_millis,
                  .subjects = std::move(subjects),
                  .tree = writer.tree()};
  return opened;
}

Entry EntryOf(const EntryView& view) {
  return {.place = view.place,
          .type = std::string(view.type),
          .by = std::string(view.by),
          .subject = std::string(view.subject),
          .agent = std::string(view.agent),
          .members = std::string(view.members)};
}

}  // namespace

StatusOr<OpenedLedger> OpenLedger(const OpenPorts& ports, const OpenSettings& settings,
                                  CommitObserver& observer) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::optional<HighWaterMark> mark, ReadMark(ports.marks));
  SVIDENCE_ASSIGN_OR_RETURN(const Head head, ports.store.ReadHead());
  if (head.size == 0) {
    if (!mark) return Create(ports, settings, observer);
    return FailedPrecondition("the ledger is empty, the high-water mark has seen " +
                              std::to_string(mark->size) + " entries of log " + mark->uuid +
                              ": put the ledger back, or, to begin a new one, remove " +
                              ports.marks.Where());
  }

  auto subjects = std::make_unique<SubjectIndex>(ports.hasher);
  Replay replay(ports.store, ports.hasher, *subjects);
  CompactRange tree;
  Digest leaf_at_mark{};
  const auto visit = [&](const EntryView& view, const Digest& leaf) -> Status {
    if (mark && view.place.index + 1 == mark->size) leaf_at_mark = leaf;
    if (view.place.index == 0) {
      SVIDENCE_RETURN_IF_ERROR(CheckIdentity(*replay.identity(), ports, settings));
    }
    observer.OnCommitted(EntryOf(view));
    return tree.Append(ports.hasher, leaf);
  };
  SVIDENCE_ASSIGN_OR_RETURN(const std::optional<Defect> defect,
                            replay.Run(head.size, visit, settings.progress));
  if (defect) return RefusalOf(*defect);
  if (replay.head() != head) {
    return RefusalOf({.index = head.size - 1,
                      .kind = DefectKind::kHead,
                      .sentence = "the stored end of the ledger is not that of its last entry"});
  }
  SVIDENCE_RETURN_IF_ERROR(CheckMark(mark, *replay.identity(), head, leaf_at_mark));
  return OpenedLedger{.identity = *replay.identity(),
                      .start = {.head = head,
                                .last_at_millis = replay.last_at_millis(),
                                .subjects = std::move(subjects),
                                .tree = tree},
                      .created = false,
                      .mark_missing = !mark};
}

}  // namespace svidence::ledger
