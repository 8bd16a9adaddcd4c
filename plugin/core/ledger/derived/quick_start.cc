#include "plugin/core/ledger/derived/quick_start.h"

#include <cstddef>
#include <string>
#include <utility>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/log_keys.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/tree/subtree.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::ledger {
namespace {

constexpr std::size_t kStatesPerRead = 4096;

Status Differs(std::string_view what) {
  return DataLoss("the derived state has other " + std::string(what) + " than its seal says");
}

StatusOr<LogIdentity> ReadIdentity(const QuickStartPorts& ports) {
  SVIDENCE_ASSIGN_OR_RETURN(const StoredEntry first, ReadHashed(ports.ledger, ports.hasher, 0));
  SVIDENCE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(first.bytes));
  return ParseOpened(ports.hasher, entry);
}

// Of which nothing is to be believed before its signature is: that needs the keys, and
// these the state entries.
StatusOr<DerivedState> ReadSeal(const QuickStartPorts& ports, const LogIdentity& identity,
                                const Head& ledger, SignedNote& note) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text, ports.derived.ReadSeal());
  SVIDENCE_ASSIGN_OR_RETURN(note, ParseNote(text));
  SVIDENCE_ASSIGN_OR_RETURN(DerivedState state, ParseDerivedState(note.text));
  if (state.uuid != identity.uuid) {
    return FailedPrecondition("the derived state is of log " + state.uuid + ", the ledger is " +
                              identity.uuid);
  }
  SVIDENCE_ASSIGN_OR_RETURN(const EntryIndex covered, ports.derived.CoveredSize());
  if (covered != state.head.size) return Differs("entries");
  if (covered > ledger.size) {
    return FailedPrecondition("the derived state covers " + std::to_string(covered) +
                              " entries, the ledger has " + std::to_string(ledger.size));
  }
  return state;
}

StatusOr<ChainEnd> CheckLastEntry(const QuickStartPorts& ports, const Head& covered) {
  SVIDENCE_ASSIGN_OR_RETURN(const StoredEntry last,
                            ReadHashed(ports.ledger, ports.hasher, covered.size - 1));
  if (last.leaf != covered.last_leaf) {
    return DataLoss("entry " + std::to_string(covered.size - 1) +
                    " is not the one that the derived state ends with");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(last.bytes));
  return ChainEnd{.head = covered, .last_at_millis = entry.place.at_millis};
}

StatusOr<CompactRange> RestoreTree(const QuickStartPorts& ports, const DerivedState& state) {
  TileNodeReader nodes(ports.hasher, ports.derived, state.head.size);
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> edge,
                            nodes.Read(CoverOf({.begin = 0, .end = state.head.size})));
  SVIDENCE_ASSIGN_OR_RETURN(CompactRange tree, CompactRange::Restore(state.head.size, edge));
  if (tree.Root(ports.hasher) != state.root) return Differs("tiles");
  return tree;
}

StatusOr<std::unique_ptr<SubjectIndex>> RestoreSubjects(const QuickStartPorts& ports,
                                                        const DerivedState& state) {
  auto subjects = std::make_unique<SubjectIndex>(ports.hasher);
  SubjectsDigest found;
  SVIDENCE_RETURN_IF_ERROR(ports.derived.VisitSubjects([&](const SubjectHead& head) -> Status {
    if (head.last >= state.head.size || found.count() >= state.subjects.count()) {
      return Differs("subjects");
    }
    found.Add(ports.hasher, head);
    subjects->Set(SubjectIndex::Key(head.key), head.last);
    return OkStatus();
  }));
  if (found != state.subjects) return Differs("subjects");
  return subjects;
}

// Each change of key proves itself: by a signature of the key before it.
Status FollowKeys(const QuickStartPorts& ports, const StoredEntry& stored, KeySchedule& keys) {
  SVIDENCE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(stored.bytes));
  if (entry.type != kKeyChangedType) return OkStatus();
  return keys.Apply(ports.hasher, ports.verifier, entry);
}

StatusOr<std::vector<EntryIndex>> RestoreStates(const QuickStartPorts& ports,
                                                const DerivedState& state, KeySchedule& keys) {
  std::vector<EntryIndex> states;
  StatesDigest found;
  while (found.count < state.states.count) {
    SVIDENCE_ASSIGN_OR_RETURN(
        const std::vector<EntryIndex> page,
        ports.derived.ReadStates(states.empty() ? 0 : states.back() + 1, kStatesPerRead));
    if (page.empty()) return Differs("state entries");
    for (const EntryIndex index : page) {
      if (index >= state.head.size || found.count >= state.states.count) {
        return Differs("state entries");
      }
      SVIDENCE_ASSIGN_OR_RETURN(const StoredEntry entry,
                                ReadHashed(ports.ledger, ports.hasher, index));
      found.Add(ports.hasher, index, entry.leaf);
      SVIDENCE_RETURN_IF_ERROR(FollowKeys(ports, entry, keys));
      states.push_back(index);
    }
  }
  if (found != state.states) return Differs("state entries");
  return states;
}

}  // namespace

StatusOr<StoredEntry> ReadHashed(LedgerStore& ledger, const Hasher& hasher, EntryIndex index) {
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<StoredEntry> found, ledger.Read(index, 1, kMaxEntryBytes));
  if (found.empty()) return DataLoss("entry " + std::to_string(index) + " is missing");
  found.front().leaf = LeafHash(hasher, found.front().bytes);
  return std::move(found.front());
}

StatusOr<RestoredState> RestoreState(const QuickStartPorts& ports, const Head& ledger) {
  SVIDENCE_ASSIGN_OR_RETURN(LogIdentity identity, ReadIdentity(ports));
  SVIDENCE_ASSIGN_OR_RETURN(KeySchedule keys, KeySchedule::Begin(ports.hasher, identity));
  SignedNote seal;
  SVIDENCE_ASSIGN_OR_RETURN(const DerivedState state, ReadSeal(ports, identity, ledger, seal));
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<EntryIndex> states, RestoreStates(ports, state, keys));
  SVIDENCE_RETURN_IF_ERROR(CheckLogSignature(ports.verifier, keys, seal, state.head.size));
  SVIDENCE_ASSIGN_OR_RETURN(const ChainEnd end, CheckLastEntry(ports, state.head));
  SVIDENCE_ASSIGN_OR_RETURN(const CompactRange tree, RestoreTree(ports, state));
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<SubjectIndex> subjects, RestoreSubjects(ports, state));
  SVIDENCE_ASSIGN_OR_RETURN(DerivedWriter writer,
                            DerivedWriter::Resume(ports.derived, ports.hasher, state, tree));
  return RestoredState{.identity = std::move(identity),
                       .keys = std::move(keys),
                       .end = end,
                       .subjects = std::move(subjects),
                       .tree = tree,
                       .states = std::move(states),
                       .states_digest = state.states,
                       .writer = std::move(writer)};
}

}  // namespace svidence::ledger
