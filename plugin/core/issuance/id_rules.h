// Which rule a SPIFFE ID falls under.
#pragma once

#include <string>
#include <string_view>

#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"

namespace svidence::issuance {

enum class IdClass {
  kOutside,         // passes unchanged
  kHealthCheck,     // SPIRE's own; passes unchanged
  kInfrastructure,  // below /svidence: logged with score 0
  kAgent,           // below the agent prefix: logged with what is known
};

// The key of SPIRE's server health check, SubjectPublicKeyInfo in DER.
// Source: spire v1.13.3 pkg/server/ca/ca_health.go:13.
std::string HealthCheckSpki();

struct IdRules {
  std::string trust_domain{};
  std::string agent_prefix = "/agent";  // with its leading slash
  std::string health_check_spki = HealthCheckSpki();

  // The health check's ID counts as such only with its own key: an entry with
  // that path below the agent prefix would dodge the ledger otherwise.
  // Errors: InvalidArgument if the ID is of another trust domain.
  StatusOr<IdClass> Classify(const SpiffeId& id, std::string_view spki_der) const;
};

// True if credentials of this class are recorded in the ledger.
bool IsLogged(IdClass id_class);

}  // namespace svidence::issuance
