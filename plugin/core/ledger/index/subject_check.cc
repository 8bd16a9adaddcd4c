#include "plugin/core/ledger/index/subject_check.h"

#include <algorithm>

#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/proof_check.h"

namespace svidence::ledger {
namespace {

Status CheckIncluded(const Hasher& hasher, const IndexRoot& root, const ProvedRecord& proved) {
  const std::string bytes = EncodeSubjectRecord(proved.record);
  // What was shown must be what a record can say.
  SVIDENCE_RETURN_IF_ERROR(DecodeSubjectRecord(bytes).status());
  if (proved.record.head >= root.size) {
    return DataLoss("a record of the index names an entry that the index does not cover");
  }
  return VerifyInclusion(hasher, LeafHash(hasher, bytes), proved.position, root.leaves, proved.path,
                         root.root);
}

// Nothing stands between the neighbours, and the key would.
Status CheckAbsent(const Hasher& hasher, const IndexRoot& root, const IndexKey& key,
                   const SubjectProof& proof) {
  if (proof.empty()) {
    if (root.leaves == 0 && root.root == EmptyRoot(hasher)) return OkStatus();
    return DataLoss("the index is not empty: a proof of absence must show the neighbours");
  }
  const ProvedRecord& first = proof.front();
  const ProvedRecord& last = proof.back();
  if (proof.size() == 2) {
    if (first.record.key < key && key < last.record.key && first.position + 1 == last.position) {
      return OkStatus();
    }
    return DataLoss("the records shown are not the neighbours of the key");
  }
  const bool before_all = first.position == 0 && key < first.record.key;
  const bool behind_all = first.position + 1 == root.leaves && first.record.key < key;
  if (proof.size() == 1 && (before_all || behind_all)) return OkStatus();
  return DataLoss("the record shown is neither the key's nor at the end where the key would be");
}

}  // namespace

StatusOr<std::optional<SubjectRecord>> VerifySubject(const Hasher& hasher, const IndexRoot& root,
                                                     const IndexKey& key,
                                                     const SubjectProof& proof) {
  constexpr std::size_t kMostShown = 2;
  if (proof.size() > kMostShown) return DataLoss("a proof shows at most two records");
  for (const ProvedRecord& proved : proof) {
    if (const Status included = CheckIncluded(hasher, root, proved); !included.ok()) {
      return DataLoss("a record is not in the index: " + Message(included));
    }
  }
  const auto own = std::find_if(proof.begin(), proof.end(), [&key](const ProvedRecord& proved) {
    return proved.record.key == key;
  });
  if (own == proof.end()) {
    SVIDENCE_RETURN_IF_ERROR(CheckAbsent(hasher, root, key, proof));
    return std::optional<SubjectRecord>();
  }
  if (proof.size() != 1) return DataLoss("a proof of a subject shows its record alone");
  return std::optional<SubjectRecord>(own->record);
}

}  // namespace svidence::ledger
