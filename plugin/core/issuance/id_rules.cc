#include "plugin/core/issuance/id_rules.h"

#include <array>
#include <cstdint>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/registry/records.h"

namespace svidence::issuance {
namespace {

constexpr std::string_view kHealthCheckPath = "/for/health/check/only";
constexpr std::string_view kInfrastructurePrefix = "/svidence";

// An uncompressed P-256 point behind its algorithm identifier.
constexpr std::array<std::uint8_t, 91> kHealthCheckSpki = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0xcc, 0xb6, 0x35, 0xfd, 0x24,
    0x65, 0xb0, 0xc2, 0x44, 0xc5, 0x39, 0xee, 0xbf, 0x30, 0x4e, 0xdb, 0xdd, 0x91, 0x8c, 0x68, 0xd4,
    0xdc, 0xbf, 0x23, 0x15, 0x1b, 0x66, 0x42, 0x5d, 0x02, 0x8c, 0x17, 0x87, 0x77, 0x15, 0x25, 0x18,
    0xad, 0x4e, 0x90, 0xd2, 0xc3, 0x62, 0x1d, 0x1b, 0xe8, 0x05, 0xb8, 0xb2, 0x25, 0xad, 0xfb, 0x2f,
    0x83, 0x71, 0xb5, 0x00, 0x58, 0xd6, 0xf5, 0xe1, 0xee, 0x73, 0x5a};

}  // namespace

std::string HealthCheckSpki() { return std::string(TextOf(kHealthCheckSpki)); }

StatusOr<IdClass> IdRules::Classify(const SpiffeId& id, std::string_view spki_der) const {
  if (id.trust_domain() != trust_domain) {
    return InvalidArgument("SPIFFE ID must be of trust domain " + Quote(trust_domain) + ", got " +
                           Quote(id.text()));
  }
  if (id.path() == kHealthCheckPath && !spki_der.empty() && spki_der == health_check_spki) {
    return IdClass::kHealthCheck;
  }
  if (registry::IsBelow(id, agent_prefix)) return IdClass::kAgent;
  if (registry::IsBelow(id, kInfrastructurePrefix)) return IdClass::kInfrastructure;
  return IdClass::kOutside;
}

bool IsLogged(IdClass id_class) {
  return id_class == IdClass::kAgent || id_class == IdClass::kInfrastructure;
}

}  // namespace svidence::issuance
