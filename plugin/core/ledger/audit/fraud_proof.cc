#include "plugin/core/ledger/audit/fraud_proof.h"

#include <optional>
#include <utility>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/text.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kHeader = "svidence/fraud-proof@v1";
constexpr std::string_view kNode = "node ";
constexpr std::string_view kSmaller = "smaller ";
constexpr std::string_view kLarger = "larger ";

Status BadForm(std::string_view what) {
  return InvalidArgument("a fraud proof must have " + std::string(what) +
                         "; see docs/formats/fraud-proof.md");
}

void AppendNote(std::string& out, std::string_view name, const std::string& note) {
  out += name;
  out += std::to_string(note.size());
  out += '\n';
  out += note;
}

// "<name><decimal>" LF, and as many bytes.
std::optional<std::string> TakeNote(std::string_view& rest, std::string_view name) {
  const std::optional<std::string_view> line = TakeLine(rest);
  if (!line || !line->starts_with(name)) return std::nullopt;
  const std::optional<std::uint64_t> bytes = ParseDecimal(line->substr(name.size()));
  if (!bytes || *bytes > kMaxNoteBytes || *bytes > rest.size()) return std::nullopt;
  std::string note(rest.substr(0, static_cast<std::size_t>(*bytes)));
  rest.remove_prefix(note.size());
  return note;
}

// Complete subtrees from left to right, joined as soon as two make one.
class Stack {
 public:
  explicit Stack(const Hasher& hasher) : hasher_(hasher) {}

  void Push(NodeId id, Digest digest) {
    while (!nodes_.empty() && nodes_.back().first.level == id.level && (id.index & 1U) != 0) {
      digest = NodeHash(hasher_, nodes_.back().second, digest);
      nodes_.pop_back();
      id = {.level = id.level + 1, .index = id.index >> 1U};
    }
    nodes_.emplace_back(id, digest);
  }
  // There must be at least one.
  Digest Root() const {
    Digest root = nodes_.back().second;
    for (std::size_t i = nodes_.size() - 1; i-- > 0;) {
      root = NodeHash(hasher_, nodes_[i].second, root);
    }
    return root;
  }

 private:
  const Hasher& hasher_;
  std::vector<std::pair<NodeId, Digest>> nodes_;
};

StatusOr<Checkpoint> OpenWithAny(const std::string& note, std::span<const TrustedKey> logs,
                                 const Ed25519Verifier& verifier) {
  Status error = PermissionDenied("no key of a log is given");
  for (const TrustedKey& log : logs) {
    StatusOr<Checkpoint> checkpoint = OpenCheckpoint(note, log, verifier);
    if (checkpoint.ok()) return checkpoint;
    error = checkpoint.status();
  }
  return error;
}

std::string Says(const Checkpoint& checkpoint) {
  return std::to_string(checkpoint.size) + " entries with the root " + DigestText(checkpoint.root);
}

}  // namespace

StatusOr<std::string> FormatFraudProof(const FraudProof& proof) {
  if (proof.nodes.size() > kMaxFraudNodes) return BadForm("at most 189 nodes");
  if (proof.smaller.size() > kMaxNoteBytes || proof.larger.size() > kMaxNoteBytes) {
    return BadForm("notes of at most 1 MiB each");
  }
  std::string out(kHeader);
  out += '\n';
  for (const Digest& node : proof.nodes) {
    out += kNode;
    AppendHash(out, node);
    out += '\n';
  }
  AppendNote(out, kSmaller, proof.smaller);
  AppendNote(out, kLarger, proof.larger);
  return out;
}

StatusOr<FraudProof> ParseFraudProof(std::string_view text) {
  std::string_view rest = text;
  if (TakeLine(rest) != kHeader) return BadForm("the first line \"svidence/fraud-proof@v1\"");
  FraudProof proof;
  while (rest.starts_with(kNode)) {
    const std::optional<std::string_view> line = TakeLine(rest);
    const std::optional<Digest> node = line ? ParseHash(line->substr(kNode.size())) : std::nullopt;
    if (!node || proof.nodes.size() == kMaxFraudNodes) {
      return BadForm("at most 189 nodes of 32 bytes in base64");
    }
    proof.nodes.push_back(*node);
  }
  std::optional<std::string> smaller = TakeNote(rest, kSmaller);
  if (!smaller) return BadForm("the smaller note behind its length");
  std::optional<std::string> larger = TakeNote(rest, kLarger);
  if (!larger) return BadForm("the larger note behind its length");
  if (!rest.empty()) return BadForm("nothing behind the larger note");
  proof.smaller = *std::move(smaller);
  proof.larger = *std::move(larger);
  return proof;
}

StatusOr<TwoRoots> RootsOf(const Hasher& hasher, std::span<const Digest> nodes,
                           std::uint64_t old_size, std::uint64_t new_size) {
  const std::vector<NodeId> old_cover = CoverOf({.begin = 0, .end = old_size});
  const std::vector<NodeId> added = CoverOf({.begin = old_size, .end = new_size});
  if (old_cover.empty() || nodes.size() != old_cover.size() + added.size()) {
    return InvalidArgument("trees of " + std::to_string(old_size) + " and " +
                           std::to_string(new_size) + " entries need " +
                           std::to_string(old_cover.size() + added.size()) + " nodes, there are " +
                           std::to_string(nodes.size()));
  }
  Stack stack(hasher);
  for (std::size_t i = 0; i < old_cover.size(); ++i) stack.Push(old_cover[i], nodes[i]);
  TwoRoots roots{.smaller = stack.Root()};
  for (std::size_t i = 0; i < added.size(); ++i) {
    stack.Push(added[i], nodes[old_cover.size() + i]);
  }
  roots.larger = stack.Root();
  return roots;
}

StatusOr<std::vector<Digest>> ReadFraudNodes(NodeReader& reader, std::uint64_t old_size,
                                             std::uint64_t new_size) {
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<Digest> nodes,
                            reader.Read(CoverOf({.begin = 0, .end = old_size})));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> added,
                            reader.Read(CoverOf({.begin = old_size, .end = new_size})));
  nodes.insert(nodes.end(), added.begin(), added.end());
  return nodes;
}

StatusOr<std::string> CheckFraudProof(const FraudProof& proof, std::span<const TrustedKey> logs,
                                      const Ed25519Verifier& verifier, const Hasher& hasher) {
  SVIDENCE_ASSIGN_OR_RETURN(const Checkpoint smaller, OpenWithAny(proof.smaller, logs, verifier));
  SVIDENCE_ASSIGN_OR_RETURN(const Checkpoint larger, OpenWithAny(proof.larger, logs, verifier));
  if (smaller.origin != larger.origin) {
    return FailedPrecondition("the two checkpoints are of two logs");
  }
  if (smaller.size > larger.size) {
    return FailedPrecondition("the smaller checkpoint must come first");
  }
  const std::string both = "the log signed " + Says(smaller) + ", and " + Says(larger);
  if (smaller.size == larger.size || smaller.size == 0) {
    const Digest root = smaller.size == 0 ? EmptyRoot(hasher) : larger.root;
    if (!proof.nodes.empty()) return FailedPrecondition("no nodes belong to these sizes");
    if (smaller.root == root) return FailedPrecondition("the two checkpoints agree");
    return both;
  }
  SVIDENCE_ASSIGN_OR_RETURN(const TwoRoots roots,
                            RootsOf(hasher, proof.nodes, smaller.size, larger.size));
  if (roots.larger != larger.root) {
    return FailedPrecondition("the nodes do not lead to the larger checkpoint's root");
  }
  if (roots.smaller == smaller.root) return FailedPrecondition("the two checkpoints agree");
  return both + ", whose first " + std::to_string(smaller.size) + " entries have the root " +
         DigestText(roots.smaller);
}

}  // namespace svidence::ledger
