#include "plugin/core/ledger/open.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/derived/quick_start.h"
#include "plugin/core/ledger/start_gate.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kKeepAndVerify =
    "; keep the files as they are, run \"svidence ledger verify\", and put the ledger back from "
    "a backup that is at least as new as the mark; if there is none, this log cannot go on, as it "
    "would contradict checkpoints that it has signed: keep it to be read, and begin a new log in "
    "another ledger_dir and mark_dir";

Status RefusalOf(const Defect& defect) {
  std::string text = "the ledger does not verify: entry " + std::to_string(defect.index) + ", " +
                     std::string(NameOf(defect.kind)) + ": " + defect.sentence;
  text += kKeepAndVerify;
  return defect.kind == DefectKind::kMark ? FailedPrecondition(text) : DataLoss(text);
}

Status CheckDomain(const LogIdentity& identity, const OpenSettings& settings) {
  if (identity.trust_domain == settings.trust_domain) return OkStatus();
  return FailedPrecondition("the ledger is of trust domain " + Quote(identity.trust_domain, 256) +
                            ", this server of " + Quote(settings.trust_domain, 256) +
                            ": set ledger_dir to this server's own ledger");
}

// ", since entry 12 changed it from log_key's": somebody forgot to set the new one.
std::string WhenChanged(const KeySchedule& keys, const PublicKey& ours) {
  for (const LogKey& key : keys.keys()) {
    if (key.key.vkey.key != ours || !key.last_size) continue;
    return ", since entry " + std::to_string(*key.last_size - 1) + " changed it from log_key's";
  }
  return {};
}

// What this server would sign with must be the key that signs the log now.
Status CheckKey(const KeySchedule& keys, const OpenPorts& ports, const OpenSettings& settings) {
  const Vkey& current = keys.current().key.vkey;
  PublicKey ours = settings.log_key;
  if (settings.find_key) {
    SVIDENCE_ASSIGN_OR_RETURN(ours, settings.find_key(current));
  }
  if (current.key == ours) return OkStatus();
  return FailedPrecondition(
      "the ledger's key is " + Quote(FormatVkey(ports.hasher, current), 256) +
      WhenChanged(keys, ours) + ", log_key is " +
      Quote(FormatVkey(ports.hasher, {.name = keys.origin(), .key = ours}), 256) +
      ": put the ledger's own key back");
}

// Appends entry 0. After a lost answer the head tells.
StatusOr<OpenedLedger> Create(const OpenPorts& ports, const OpenSettings& settings,
                              CommitObserver& observer) {
  const LogIdentity identity =
      NewLogIdentity(ports.hasher, ports.random, settings.trust_domain, settings.log_key);
  SVIDENCE_ASSIGN_OR_RETURN(KeySchedule keys, KeySchedule::Begin(ports.hasher, identity));
  OpenedLedger opened{.identity = identity, .start = {}, .created = true, .keys = std::move(keys)};
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

std::optional<Defect> CompareHead(const Head& found, const Head& stored) {
  if (found == stored) return std::nullopt;
  return Defect{.index = stored.size - 1,
                .kind = DefectKind::kHead,
                .sentence = "the stored end of the ledger is not that of its last entry"};
}

// Fills the derived state beside a replay. What fails here is no matter of the
// ledger: the DerivedKeeper begins it anew.
class Filler {
 public:
  Filler(DerivedStore* store, const Hasher& hasher) : store_(store), hasher_(hasher) {}

  void See(const LogIdentity& identity, const EntryView& entry, const Digest& leaf) {
    if (store_ == nullptr) return;
    if (entry.place.index == 0) {
      writer_ = std::make_unique<DerivedWriter>(*store_, hasher_, identity.uuid);
      Check(writer_->Restart());
    }
    if (writer_ && writer_->full()) Check(writer_->Flush(/*log=*/nullptr));
    if (writer_) Check(writer_->Add(entry, leaf));
  }
  // Null if it could not be filled.
  std::unique_ptr<DerivedWriter> Take() { return std::move(writer_); }

 private:
  void Check(const Status& status) {
    if (!status.ok()) writer_.reset();
  }

  DerivedStore* store_;
  const Hasher& hasher_;
  std::unique_ptr<DerivedWriter> writer_;
};

// The state as the derived state gives it and the tail moves it on, all checked;
// the observer has been told of nothing yet.
struct Quick {
  OpenedLedger opened;
  std::vector<EntryIndex> states;
  StatesDigest states_digest;
};

// Errors: any, for which the whole ledger has to be read; that will say so again if
//         the ledger itself is at fault.
StatusOr<Quick> RestoreQuickly(const OpenPorts& ports, const OpenSettings& settings,
                               const std::optional<HighWaterMark>& mark, const Head& head) {
  if (ports.derived == nullptr || ports.verifier == nullptr) {
    return FailedPrecondition("no derived state is kept");
  }
  if (head.size < settings.min_quick_entries) {
    return FailedPrecondition("it has fewer than " + std::to_string(settings.min_quick_entries) +
                              " entries");
  }
  SVIDENCE_ASSIGN_OR_RETURN(
      RestoredState restored,
      RestoreState({ports.store, *ports.derived, ports.hasher, *ports.verifier}, head));
  SVIDENCE_RETURN_IF_ERROR(CheckDomain(restored.identity, settings));
  StartGate gate(ports.hasher, ports.verifier, mark);
  TileNodeReader nodes(ports.hasher, *ports.derived, restored.tree.size());
  SVIDENCE_RETURN_IF_ERROR(gate.Resume(restored.tree, ports.store, nodes));

  Replay tail(
      ports.store, ports.hasher, *restored.subjects,
      {.end = restored.end, .identity = restored.identity, .keys = std::move(restored.keys)},
      ports.verifier);
  const auto visit = [&](const EntryView& view, const Digest& leaf) -> Status {
    if (IsStateType(view.type)) {
      restored.states.push_back(view.place.index);
      restored.states_digest.Add(ports.hasher, view.place.index, leaf);
    }
    return gate.See(leaf);
  };
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<Defect> defect,
                            tail.Run(head.size, visit, settings.progress));
  if (!defect) defect = CompareHead(tail.head(), head);
  if (!defect) defect = gate.Check(restored.identity, *tail.keys());
  if (defect) return RefusalOf(*defect);
  return Quick{.opened = {.identity = std::move(restored.identity),
                          .start = {.head = head,
                                    .last_at_millis = tail.last_at_millis(),
                                    .subjects = std::move(restored.subjects),
                                    .tree = gate.tree()},
                          .quick = true,
                          .derived = std::make_unique<DerivedWriter>(std::move(restored.writer)),
                          .keys = *tail.keys()},
               .states = std::move(restored.states),
               .states_digest = restored.states_digest};
}

// Gives the observer the state entries, read again one by one: no list of entries
// has to be held in memory.
Status TellStates(const OpenPorts& ports, const Quick& quick, CommitObserver& observer) {
  StatesDigest told;
  for (const EntryIndex index : quick.states) {
    SVIDENCE_ASSIGN_OR_RETURN(const StoredEntry stored,
                              ReadHashed(ports.store, ports.hasher, index));
    told.Add(ports.hasher, index, stored.leaf);
    SVIDENCE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(stored.bytes));
    observer.OnCommitted(entry);
  }
  if (told == quick.states_digest) return OkStatus();
  return DataLoss("the ledger was changed while it was being opened" + std::string(kKeepAndVerify));
}

StatusOr<OpenedLedger> ReplayAll(const OpenPorts& ports, const OpenSettings& settings,
                                 const std::optional<HighWaterMark>& mark, const Head& head,
                                 CommitObserver& observer) {
  auto subjects = std::make_unique<SubjectIndex>(ports.hasher);
  Replay replay(ports.store, ports.hasher, *subjects, ports.verifier);
  StartGate gate(ports.hasher, ports.verifier, mark);
  Filler filler(ports.derived, ports.hasher);
  const auto visit = [&](const EntryView& view, const Digest& leaf) -> Status {
    if (view.place.index == 0) {
      SVIDENCE_RETURN_IF_ERROR(CheckDomain(*replay.identity(), settings));
    }
    observer.OnCommitted(EntryOf(view));
    filler.See(*replay.identity(), view, leaf);
    return gate.See(leaf);
  };
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<Defect> defect,
                            replay.Run(head.size, visit, settings.progress));
  if (!defect) defect = CompareHead(replay.head(), head);
  if (!defect) defect = gate.Check(*replay.identity(), *replay.keys());
  if (defect) return RefusalOf(*defect);
  return OpenedLedger{.identity = *replay.identity(),
                      .start = {.head = head,
                                .last_at_millis = replay.last_at_millis(),
                                .subjects = std::move(subjects),
                                .tree = gate.tree()},
                      .derived = filler.Take(),
                      .keys = *replay.keys()};
}

StatusOr<OpenedLedger> OpenOld(const OpenPorts& ports, const OpenSettings& settings,
                               const std::optional<HighWaterMark>& mark, const Head& head,
                               CommitObserver& observer) {
  StatusOr<Quick> quick = RestoreQuickly(ports, settings, mark, head);
  if (quick.ok()) {
    SVIDENCE_RETURN_IF_ERROR(TellStates(ports, *quick, observer));
    return std::move(quick->opened);
  }
  SVIDENCE_ASSIGN_OR_RETURN(OpenedLedger opened, ReplayAll(ports, settings, mark, head, observer));
  opened.why_not_quick = Message(quick.status());
  return opened;
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
  SVIDENCE_ASSIGN_OR_RETURN(OpenedLedger opened, OpenOld(ports, settings, mark, head, observer));
  SVIDENCE_RETURN_IF_ERROR(CheckKey(opened.keys, ports, settings));
  opened.mark_missing = !mark;
  if (mark) opened.checkpoint = mark->checkpoint;
  return opened;
}

}  // namespace svidence::ledger
