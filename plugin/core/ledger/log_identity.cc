#include "plugin/core/ledger/log_identity.h"

#include <array>
#include <cstdint>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "attestors/base/spiffe_id.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kOriginMiddle = "/svidence/";
constexpr std::string_view kUuidShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

// Source: RFC 9562, section 5.4.
std::string NewUuid(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.Fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  const std::string hex = HexEncode(bytes);
  std::string uuid(kUuidShape);
  std::size_t next = 0;
  for (char& c : uuid) {
    if (c == 'x') c = hex[next++];
  }
  return uuid;
}

StatusOr<std::string> TextMember(const Json& log, std::string_view name) {
  const Json* member = log.Find(name);
  if (member == nullptr || member->text() == nullptr) {
    return InvalidArgument("log.opened must have the text \"log\"." + Quote(name));
  }
  return *member->text();
}

Status CheckIdentity(const Hasher& hasher, const LogIdentity& identity) {
  if (!IsUuid(identity.uuid)) {
    return InvalidArgument("log.opened must have a UUID, got " + Quote(identity.uuid));
  }
  SVIDENCE_RETURN_IF_ERROR(CheckTrustDomain(identity.trust_domain));
  const std::string root = identity.trust_domain + '/';
  if (!IsKeyName(identity.origin) || !identity.origin.starts_with(root)) {
    return InvalidArgument("log.opened must have an origin that begins with " + Quote(root, 256) +
                           ", got " + Quote(identity.origin, 256));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Vkey vkey, ParseVkey(hasher, identity.vkey));
  if (vkey.name != identity.origin) {
    return InvalidArgument("log.opened must have a key named as its origin, got " +
                           Quote(vkey.name, 256));
  }
  return OkStatus();
}

}  // namespace

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (kUuidShape[i] == 'x' ? !is_hex : c != '-') return false;
  }
  return true;
}

LogIdentity NewLogIdentity(const Hasher& hasher, Random& random, std::string_view trust_domain,
                           const PublicKey& key) {
  LogIdentity identity;
  identity.uuid = NewUuid(random);
  identity.trust_domain = trust_domain;
  identity.origin = identity.trust_domain + std::string(kOriginMiddle) + identity.uuid;
  identity.vkey = FormatVkey(hasher, {.name = identity.origin, .key = key});
  return identity;
}

EntryDraft DraftOpened(const LogIdentity& identity, std::string_view by) {
  EntryDraft draft{
      .type = std::string(kOpenedType), .by = std::string(by), .subject = std::string(kLogSubject)};
  JsonWriter(draft.members)
      .Key("log")
      .BeginObject()
      .Key("uuid")
      .String(identity.uuid)
      .Key("origin")
      .String(identity.origin)
      .Key("vkey")
      .String(identity.vkey)
      .Key("trust_domain")
      .String(identity.trust_domain)
      .EndObject();
  return draft;
}

StatusOr<LogIdentity> ParseOpened(const Hasher& hasher, const Entry& entry) {
  if (entry.type != kOpenedType) {
    return InvalidArgument("the entry must be a log.opened, is a " + Quote(entry.type));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Json members, ParseMembers(entry));
  const Json* log = members.Find("log");
  if (log == nullptr) return InvalidArgument("log.opened must have the member \"log\"");
  LogIdentity identity;
  SVIDENCE_ASSIGN_OR_RETURN(identity.uuid, TextMember(*log, "uuid"));
  SVIDENCE_ASSIGN_OR_RETURN(identity.origin, TextMember(*log, "origin"));
  SVIDENCE_ASSIGN_OR_RETURN(identity.vkey, TextMember(*log, "vkey"));
  SVIDENCE_ASSIGN_OR_RETURN(identity.trust_domain, TextMember(*log, "trust_domain"));
  SVIDENCE_RETURN_IF_ERROR(CheckIdentity(hasher, identity));
  return identity;
}

}  // namespace svidence::ledger
