#include "plugin/cli/inspection.h"

#include <algorithm>
#include <utility>

#include "attestors/base/encoding.h"
#include "plugin/cli/text.h"
#include "plugin/core/claims/issuance.h"
#include "plugin/core/claims/jwt_payload.h"
#include "plugin/core/claims/x509_extension.h"

namespace svidence::cli {
namespace {

constexpr const char* kSpace = " \t\r\n";
constexpr std::int64_t kMaxClockAheadSeconds = 60;

std::int64_t IntegerOf(const Json& members, std::string_view key) {
  const Json* member = members.Find(key);
  const std::int64_t* value = member == nullptr ? nullptr : member->integer();
  return value == nullptr ? 0 : *value;
}

std::string TextOfMember(const Json& members, std::string_view key) {
  const Json* member = members.Find(key);
  const std::string* value = member == nullptr ? nullptr : member->text();
  return value == nullptr ? std::string() : *value;
}

BindingCheck Same(std::string name, const std::string& in_entry, const std::string& in_credential) {
  const bool same = in_entry == in_credential;
  std::string detail = same ? Shown(in_entry)
                            : "entry says " + (in_entry.empty() ? "nothing" : Shown(in_entry)) +
                                  ", credential " +
                                  (in_credential.empty() ? "nothing" : Shown(in_credential));
  return {.name = std::move(name), .ok = same, .detail = std::move(detail)};
}

BindingCheck SameNumber(std::string name, std::int64_t in_entry, std::int64_t in_credential) {
  return Same(std::move(name), std::to_string(in_entry), std::to_string(in_credential));
}

BindingCheck CheckTime(std::string name, std::int64_t issued, std::int64_t credential) {
  // Both are bounded: entries by 2^53, certificates by the year 9999.
  const std::int64_t gap = credential - issued;
  return {.name = std::move(name),
          .ok = gap >= -kMaxTimeGapSeconds && gap <= kMaxTimeGapSeconds,
          .detail = "differs by " + std::to_string(gap) + " s, at most " +
                    std::to_string(kMaxTimeGapSeconds) + " s allowed"};
}

struct Decoded {
  Record record;
  Json members;
};

StatusOr<Decoded> DecodeRecord(const std::string& bytes, std::int64_t now_millis) {
  Decoded decoded;
  Record& record = decoded.record;
  SVIDENCE_ASSIGN_OR_RETURN(record.entry, ledger::ParseEntry(bytes));
  record.entry_bytes = bytes;
  SVIDENCE_ASSIGN_OR_RETURN(decoded.members, ledger::ParseMembers(record.entry));
  const Json& members = decoded.members;
  SVIDENCE_ASSIGN_OR_RETURN(record.trust, registry::ReadTrust(members.Find("trust")));
  SVIDENCE_ASSIGN_OR_RETURN(record.sponsor, registry::ReadSponsor(members.Find("sponsor")));
  record.scope = IntegerOf(members, "scope");
  record.issued = IntegerOf(members, "now");
  if (record.trust) {
    record.score_now = trust::Decay(record.trust->score, record.trust->rule,
                                    now_millis / 1000 - record.trust->as_of);
  }
  return decoded;
}

void CheckAsOf(const Record& record, std::int64_t now_millis, Inspection& inspection) {
  if (!record.trust) return;
  const std::int64_t ahead = record.trust->as_of - now_millis / 1000;
  if (ahead <= kMaxClockAheadSeconds) return;
  inspection.checks.push_back({.name = "as_of",
                               .ok = false,
                               .detail = "lies " + std::to_string(ahead) +
                                         " s ahead of this clock, at most " +
                                         std::to_string(kMaxClockAheadSeconds) + " s allowed"});
}

Status FillX509(const openssl::X509Certificate& leaf, const InspectOptions& options,
                const Hasher& hasher, Inspection& inspection) {
  if (!leaf.extension) {
    return NotFound("the certificate has no extension " + claims::ExtensionOid(options.oid_base) +
                    "; if the server has another base OID, give it by --oid");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const claims::X509Extension extension,
                            claims::DecodeX509Extension(*leaf.extension));
  SVIDENCE_ASSIGN_OR_RETURN(Decoded decoded, DecodeRecord(extension.entry, options.now_millis));
  Record& record = decoded.record;
  record.proof = extension.proof.value_or("");
  std::vector<BindingCheck>& checks = inspection.checks;
  checks.push_back(Same("type", record.entry.type, "issue.x509"));
  std::string uris;
  for (const std::string& uri : leaf.uris) uris += (uris.empty() ? "" : ", ") + uri;
  checks.push_back(Same("subject", record.entry.subject, uris));
  checks.push_back(Same("spki", TextOfMember(decoded.members, "spki"),
                        DigestText(hasher.Sha256({leaf.spki_der}))));
  checks.push_back(CheckTime("notBefore", record.issued, leaf.not_before));
  checks.push_back(
      {.name = "not critical",
       .ok = !leaf.extension_critical,
       .detail = leaf.extension_critical ? "the extension is critical" : "as it must"});
  CheckAsOf(record, options.now_millis, inspection);
  inspection.record = std::move(record);
  return OkStatus();
}

Status FillJwt(const claims::JwtPayload& payload, const InspectOptions& options,
               const Hasher& hasher, Inspection& inspection) {
  if (!payload.record || payload.record->entry.empty()) {
    return NotFound("the token has no claim " + Shown(options.claim) +
                    " with an entry; if the server has another name for it, give it by --claim");
  }
  const claims::JwtClaimCopy& copy = *payload.record;
  SVIDENCE_ASSIGN_OR_RETURN(Decoded decoded, DecodeRecord(copy.entry, options.now_millis));
  Record& record = decoded.record;
  record.proof = copy.proof;
  const Json& members = decoded.members;
  std::vector<BindingCheck>& checks = inspection.checks;
  checks.push_back(Same("type", record.entry.type, "issue.jwt"));
  checks.push_back(Same("subject", record.entry.subject, payload.subject));
  checks.push_back(Same("aud", TextOfMember(members, "aud"),
                        DigestText(claims::AudienceDigest(hasher, payload.audience))));
  checks.push_back(SameNumber("iat", IntegerOf(members, "iat"), inspection.from));
  checks.push_back(SameNumber("exp", IntegerOf(members, "exp"), inspection.until));
  checks.push_back(Same("jti", TextOfMember(members, "jti"), payload.jti));
  checks.push_back(CheckTime("now", record.issued, inspection.from));
  const trust::Score score = record.trust ? record.trust->score : 0;
  checks.push_back(SameNumber("trust_score", score / 100, copy.trust_score.value_or(-1)));
  checks.push_back(SameNumber("scope", record.scope, copy.scope.value_or(-1)));
  checks.push_back(Same("agent", record.entry.agent, copy.agent));
  CheckAsOf(record, options.now_millis, inspection);
  inspection.record = std::move(record);
  return OkStatus();
}

StatusOr<Inspection> InspectX509(std::string_view bytes, const InspectOptions& options,
                                 const Hasher& hasher) {
  SVIDENCE_ASSIGN_OR_RETURN(
      std::vector<openssl::X509Certificate> chain,
      openssl::ReadCertificates(bytes, claims::ExtensionOid(options.oid_base)));
  const openssl::X509Certificate& leaf = chain.front();
  Inspection inspection{.kind = "X.509-SVID",
                        .spiffe_id = leaf.uris.empty() ? "" : leaf.uris.front(),
                        .from = leaf.not_before,
                        .until = leaf.not_after,
                        .serial = leaf.serial};
  const Status filled = FillX509(leaf, options, hasher, inspection);
  if (!filled.ok()) inspection.trouble = Message(filled);
  inspection.chain = std::move(chain);
  return inspection;
}

StatusOr<Inspection> InspectJwt(std::string_view token, const InspectOptions& options,
                                const Hasher& hasher) {
  SVIDENCE_ASSIGN_OR_RETURN(const claims::JwtPayload payload,
                            claims::ReadJwtPayload(token, options.claim));
  Inspection inspection{.kind = "JWT-SVID",
                        .spiffe_id = payload.subject,
                        .from = payload.issued_at.value_or(0),
                        .until = payload.expires_at.value_or(0)};
  const Status filled = FillJwt(payload, options, hasher, inspection);
  if (!filled.ok()) inspection.trouble = Message(filled);
  return inspection;
}

}  // namespace

bool Inspection::ok() const {
  return record && std::all_of(checks.begin(), checks.end(), [](const auto& c) { return c.ok; });
}

StatusOr<Inspection> Inspect(std::string_view bytes, const InspectOptions& options,
                             const Hasher& hasher) {
  if (bytes.starts_with('\x30') || bytes.find("-----BEGIN ") != std::string_view::npos) {
    return InspectX509(bytes, options, hasher);
  }
  const std::size_t first = bytes.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return InvalidArgument("there is nothing in it");
  bytes = bytes.substr(first, bytes.find_last_not_of(kSpace) + 1 - first);
  StatusOr<Inspection> read = InspectJwt(bytes, options, hasher);
  if (read.ok()) return read;
  return Annotate(read.status(), "neither PEM nor DER certificates, nor a JWT");
}

}  // namespace svidence::cli
