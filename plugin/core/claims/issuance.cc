#include "plugin/core/claims/issuance.h"

#include <algorithm>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"

namespace svidence::claims {
namespace {

constexpr std::size_t kTypicalBytes = 640;

void AppendBigEndian32(std::string& out, std::size_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>(value >> shift & 0xffU);
}

void WriteStatus(JsonWriter& json, const std::optional<StatusReference>& status) {
  if (!status) {
    json.Null();
    return;
  }
  json.BeginObject().Key("list").Int(status->list).Key("idx").Int(status->index).EndObject();
}

// All that stands behind what binds the entry to its credential.
void WriteRest(JsonWriter& json, const Issuance& issuance) {
  json.Key("trust");
  registry::WriteTrust(json, issuance.trust);
  json.Key("sponsor");
  registry::WriteSponsor(json, issuance.sponsor);
  json.Key("scope").Int(issuance.scope).Key("evidence").BeginArray();
  for (const std::string& item : issuance.evidence) json.String(item);
  json.EndArray().Key("status");
  WriteStatus(json, issuance.status);
  json.Key("not_after_cap");
  if (issuance.not_after_cap) {
    json.Int(*issuance.not_after_cap);
  } else {
    json.Null();
  }
}

}  // namespace

Digest AudienceDigest(const Hasher& hasher, std::vector<std::string> audience) {
  std::sort(audience.begin(), audience.end());
  std::string text;
  for (const std::string& one : audience) {
    AppendBigEndian32(text, one.size());
    text += one;
  }
  return hasher.Sha256({text});
}

std::string X509Members(const Issuance& issuance, const Digest& spki) {
  std::string members;
  members.reserve(kTypicalBytes);
  JsonWriter json(members);
  json.Key("now").Int(issuance.now).Key("spki").String(DigestText(spki));
  WriteRest(json, issuance);
  return members;
}

std::string JwtMembers(const Issuance& issuance, const JwtBinding& binding) {
  std::string members;
  members.reserve(kTypicalBytes);
  JsonWriter json(members);
  json.Key("now").Int(issuance.now).Key("aud").String(DigestText(binding.audience));
  json.Key("iat").Int(binding.issued_at).Key("exp").Int(binding.expires_at);
  json.Key("jti");
  if (binding.jti.empty()) {
    json.Null();
  } else {
    json.String(binding.jti);
  }
  WriteRest(json, issuance);
  return members;
}

}  // namespace svidence::claims
