#include "plugin/core/ledger/backup.h"

#include <utility>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/tree/compact_range.h"

namespace svidence::ledger {
namespace {

constexpr std::int64_t kVersion = 1;

StatusOr<std::string> Text(const Json& json, std::string_view key) {
  const Json* member = json.Find(key);
  if (member == nullptr || member->text() == nullptr) {
    return InvalidArgument("a manifest must have the text " + Quote(key));
  }
  return *member->text();
}

StatusOr<std::int64_t> Number(const Json& json, std::string_view key) {
  const Json* member = json.Find(key);
  if (member == nullptr || member->integer() == nullptr || *member->integer() < 0) {
    return InvalidArgument("a manifest must have the number " + Quote(key));
  }
  return *member->integer();
}

Status Differs(std::string_view what, const std::string& manifest, const std::string& ledger) {
  return DataLoss("the manifest says that the " + std::string(what) + " is " +
                  Quote(manifest, 256) + ", the ledger's is " + Quote(ledger, 256));
}

// What a checkpoint says of a log whose keys are known only once it was read.
StatusOr<std::optional<Checkpoint>> ReadCheckpoint(std::string_view note) {
  if (note.empty()) return std::optional<Checkpoint>();
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote parsed, ParseNote(note));
  SVIDENCE_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  return std::optional(std::move(checkpoint));
}

Status CheckSigned(std::string_view note, const KeySchedule& keys,
                   const Ed25519Verifier& verifier) {
  Status first;
  for (const LogKey& key : keys.keys()) {
    const StatusOr<Checkpoint> opened = OpenCheckpoint(note, key.key, verifier);
    const Status may =
        opened.ok() ? keys.CheckMaySign(key.key.vkey.key, opened->size) : opened.status();
    if (may.ok()) return OkStatus();
    if (first.ok()) first = may;
  }
  return first;
}

}  // namespace

std::string FormatManifest(const BackupManifest& manifest) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("svidence_backup").Int(kVersion);
  json.Key("uuid").String(manifest.uuid).Key("origin").String(manifest.origin);
  json.Key("size").Int(static_cast<std::int64_t>(manifest.head.size));
  json.Key("last_leaf").String(DigestText(manifest.head.last_leaf));
  json.Key("root").String(DigestText(manifest.root));
  json.Key("at_millis").Int(manifest.at_millis).EndObject();
  return text + '\n';
}

StatusOr<BackupManifest> ParseManifest(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  SVIDENCE_ASSIGN_OR_RETURN(
      const Json json, ParseStrictJson(text, {.max_bytes = kMaxManifestBytes, .max_depth = 2}));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t version, Number(json, "svidence_backup"));
  if (version != kVersion) {
    return InvalidArgument("the backup is of version " + std::to_string(version) +
                           ", this program reads version 1");
  }
  BackupManifest manifest;
  SVIDENCE_ASSIGN_OR_RETURN(manifest.uuid, Text(json, "uuid"));
  SVIDENCE_ASSIGN_OR_RETURN(manifest.origin, Text(json, "origin"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t size, Number(json, "size"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string leaf, Text(json, "last_leaf"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string root, Text(json, "root"));
  SVIDENCE_ASSIGN_OR_RETURN(manifest.head.last_leaf, ParseDigestText(leaf));
  SVIDENCE_ASSIGN_OR_RETURN(manifest.root, ParseDigestText(root));
  SVIDENCE_ASSIGN_OR_RETURN(manifest.at_millis, Number(json, "at_millis"));
  manifest.head.size = static_cast<EntryIndex>(size);
  if (size > 0 && IsUuid(manifest.uuid)) return manifest;
  return InvalidArgument("a manifest must name a log and at least one entry");
}

StatusOr<LedgerDescription> DescribeLedger(LedgerStore& store, const Hasher& hasher,
                                           const Ed25519Verifier& verifier,
                                           std::string_view checkpoint,
                                           const OnProgress& progress) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::optional<Checkpoint> signed_tree,
                            ReadCheckpoint(checkpoint));
  SVIDENCE_ASSIGN_OR_RETURN(const Head head, store.ReadHead());
  if (head.size == 0) return DataLoss("the ledger is empty");
  SubjectIndex subjects(hasher);
  Replay replay(store, hasher, subjects, &verifier);
  CompactRange tree;
  std::optional<Digest> root_then;
  const auto visit = [&](const EntryView& /*entry*/, const Digest& leaf) -> Status {
    SVIDENCE_RETURN_IF_ERROR(tree.Append(hasher, leaf));
    if (signed_tree && signed_tree->size == tree.size()) root_then = tree.Root(hasher);
    return OkStatus();
  };
  SVIDENCE_ASSIGN_OR_RETURN(const std::optional<Defect> defect,
                            replay.Run(head.size, visit, progress));
  if (defect) {
    return DataLoss("entry " + std::to_string(defect->index) + ", " +
                    std::string(NameOf(defect->kind)) + ": " + defect->sentence);
  }
  if (replay.head() != head) return DataLoss("the stored end is not that of the last entry");
  LedgerDescription ledger{.identity = *replay.identity(),
                           .keys = *replay.keys(),
                           .head = head,
                           .root = tree.Root(hasher)};
  if (!signed_tree) return ledger;
  SVIDENCE_RETURN_IF_ERROR(
      Annotate(CheckSigned(checkpoint, ledger.keys, verifier), "the checkpoint"));
  if (root_then && *root_then == signed_tree->root) return ledger;
  return DataLoss("the ledger of " + std::to_string(head.size) +
                  " entries does not go on from its signed checkpoint of size " +
                  std::to_string(signed_tree->size));
}

BackupManifest ManifestOf(const LedgerDescription& ledger, std::int64_t at_millis) {
  return {.uuid = ledger.identity.uuid,
          .origin = ledger.identity.origin,
          .head = ledger.head,
          .root = ledger.root,
          .at_millis = at_millis};
}

Status CheckManifest(const BackupManifest& manifest, const LedgerDescription& ledger) {
  if (manifest.uuid != ledger.identity.uuid) {
    return Differs("log", manifest.uuid, ledger.identity.uuid);
  }
  if (manifest.origin != ledger.identity.origin) {
    return Differs("origin", manifest.origin, ledger.identity.origin);
  }
  if (manifest.head.size != ledger.head.size) {
    return Differs("number of entries", std::to_string(manifest.head.size),
                   std::to_string(ledger.head.size));
  }
  if (manifest.head.last_leaf != ledger.head.last_leaf) {
    return Differs("last leaf", DigestText(manifest.head.last_leaf),
                   DigestText(ledger.head.last_leaf));
  }
  if (manifest.root == ledger.root) return OkStatus();
  return Differs("root", DigestText(manifest.root), DigestText(ledger.root));
}

}  // namespace svidence::ledger
