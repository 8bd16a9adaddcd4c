#include "plugin/cli/verification.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/spiffe_id.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/adapters/openssl/path_check.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/cli/text.h"
#include "plugin/cli/trust.h"
#include "plugin/core/claims/x509_extension.h"
#include "plugin/core/ledger/entry_proof.h"
#include "plugin/core/ledger/note/signed_note.h"

namespace svidence::cli {
namespace {

using Certificates = std::vector<openssl::X509Certificate>;

BindingCheck CheckOf(std::string name, const Status& status, std::string if_ok) {
  return {.name = std::move(name),
          .ok = status.ok(),
          .detail = status.ok() ? std::move(if_ok) : Shown(Message(status))};
}

// What is to be said where a log's name is right and its key is none that we know.
std::string WhySigned(const ledger::Policy& policy, const std::string& proof) {
  const StatusOr<ledger::TlogProof> parsed = ledger::ParseTlogProof(proof);
  if (!parsed.ok()) return {};
  const StatusOr<ledger::SignedNote> note = ledger::ParseNote(parsed->checkpoint);
  if (!note.ok()) return {};
  for (const ledger::NoteSignature& line : note->signatures) {
    bool is_named = false;
    for (const ledger::TrustedKey& key : policy.keys()) {
      if (key.vkey.name != line.name) continue;
      if (key.id == line.key_id) return {};
      is_named = true;
    }
    if (!is_named) continue;
    return "; it is signed in the log's name with a key that was not given: either the log's key "
           "was changed since (`svidence ledger key` lists all), or somebody else signs";
  }
  return {};
}

// "spiffe://<trust domain>" of the leaf and "<trust domain>/..." of the log.
Status CheckTrustDomain(const Inspection& inspection, const std::string& origin) {
  SVIDENCE_ASSIGN_OR_RETURN(const SpiffeId id, SpiffeId::Parse(inspection.spiffe_id));
  if (origin.substr(0, origin.find('/')) == id.trust_domain()) return OkStatus();
  return PermissionDenied("the log " + Shown(origin) + " is that of another trust domain");
}

Status CheckLeaf(const openssl::X509Certificate& leaf) {
  if (leaf.is_ca) return PermissionDenied("the certificate is a CA's");
  if (leaf.uris.size() == 1) return OkStatus();
  return PermissionDenied("an X.509-SVID must have one URI name, this has " +
                          std::to_string(leaf.uris.size()));
}

void CheckProof(const VerifyOptions& options, const TrustedLog& trusted, const Hasher& hasher,
                Inspection& inspection) {
  const ledger::Policy& policy = trusted.policy;
  const Record& record = *inspection.record;
  if (record.proof.empty()) {
    inspection.checks.push_back({.name = "proof", .ok = false, .detail = "there is none"});
    return;
  }
  const openssl::OpenSslEd25519Verifier verifier;
  const auto now = static_cast<ledger::UnixSeconds>(options.inspect.now_millis / 1000);
  StatusOr<ledger::ProvedEntry> proved =
      ledger::VerifyEntryProof(record.entry_bytes, record.proof, policy,
                               {.verifier = verifier, .limit = {.now = now}}, hasher);
  if (proved.ok()) {
    const Status sizes = CheckSizes(trusted, proved->evaluation);
    if (!sizes.ok()) proved = sizes;
  } else if (proved.status().code() == StatusCode::kPermissionDenied) {
    proved = PermissionDenied(Message(proved.status()) + WhySigned(policy, record.proof));
  }
  std::string detail;
  if (proved.ok()) {
    const ledger::Checkpoint& checkpoint = proved->evaluation.checkpoint;
    detail = "entry " + std::to_string(proved->entry.place.index) + " of " +
             std::to_string(checkpoint.size) + " in " + Shown(checkpoint.origin);
    if (policy.wants_witnesses()) {
      detail += ", " + std::to_string(proved->evaluation.witnesses.size()) + " witnesses";
    }
    inspection.checks.push_back(
        CheckOf("trust domain", CheckTrustDomain(inspection, checkpoint.origin), "the log's own"));
  }
  inspection.checks.push_back(CheckOf("proof", proved.status(), std::move(detail)));
}

}  // namespace

StatusOr<Inspection> VerifyCredential(std::string_view bytes, const VerifyOptions& options,
                                      const Hasher& hasher) {
  SVIDENCE_ASSIGN_OR_RETURN(const TrustedLog trusted, ReadTrustedLog(hasher, options.policy));
  const std::string oid = claims::ExtensionOid(options.inspect.oid_base);
  const StatusOr<Certificates> anchors = openssl::ReadCertificates(options.bundle, oid);
  if (!anchors.ok()) return Annotate(anchors.status(), "reading the bundle");
  SVIDENCE_ASSIGN_OR_RETURN(Inspection inspection, Inspect(bytes, options.inspect, hasher));
  if (inspection.chain.empty()) {
    return InvalidArgument(
        "the signature of a JWT-SVID needs the trust domain's JWT keys, which a bundle of "
        "certificates has not; \"svidence inspect\" shows what the token says");
  }
  const Certificates& chain = inspection.chain;
  inspection.checks.push_back(CheckOf("one name", CheckLeaf(chain.front()), "as it must"));
  inspection.checks.push_back(
      CheckOf("path", openssl::CheckPath(chain, *anchors, options.inspect.now_millis / 1000),
              "leads to the bundle"));
  if (inspection.record) CheckProof(options, trusted, hasher, inspection);
  return inspection;
}

}  // namespace svidence::cli
