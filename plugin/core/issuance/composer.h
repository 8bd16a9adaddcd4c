// Composes what an SVID says: gate, ledger entry, then extension or claim.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/random.h"
#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/registry/registry.h"

namespace svidence::issuance {

enum class Unregistered { kScoreZero, kDeny };

struct ComposerSettings {
  std::string trust_domain;
  std::string agent_prefix = "/agent";  // with its leading slash
  std::string server_id;                // "server:<server_id>" is the entries' `by`
  Unregistered unregistered = Unregistered::kScoreZero;
  std::string health_check_spki;       // DER of SPIRE's well-known health-check key
  std::int64_t timeout_millis = 8000;  // longest wait for the ledger
};

struct X509Request {
  SpiffeId id;
  std::string spki_der;
  std::int64_t deadline_millis = 0;  // MonotonicMillis; 0: only the settings' timeout
};

struct JwtRequest {
  SpiffeId id;
  std::vector<std::string> audience;
  std::int64_t issued_at = 0;   // Unix seconds
  std::int64_t expires_at = 0;  // Unix seconds
  std::string jti;              // empty: the composer draws one
  std::int64_t deadline_millis = 0;
};

// nullopt: leave the credential as it is.
struct X509Addition {
  std::string extension_der;  // value of the X.509 extension
  ledger::EntryIndex index = 0;
};
struct JwtAddition {
  std::string claim_json;  // value of the claim, an object
  std::string jti;
  ledger::EntryIndex index = 0;
};

// Which rule an SPIFFE ID falls under.
enum class IdClass { kOutside, kHealthCheck, kInfrastructure, kAgent };

struct ComposerStats {
  std::uint64_t x509 = 0;
  std::uint64_t jwt = 0;
  std::uint64_t unregistered = 0;
  std::uint64_t refused = 0;
  std::uint64_t passed = 0;
};

// Thread-safe. Never blocks: `done` is called exactly once, on any thread.
class Composer {
 public:
  // The ports must outlive this object.
  struct Ports {
    ledger::Committer& committer;
    registry::Registry& registry;
    const Hasher& hasher;
    const Clock& clock;
    Random& random;
  };
  template <typename T>
  using Done = std::function<void(const StatusOr<std::optional<T>>&)>;

  Composer(Ports ports, ComposerSettings settings);

  // Errors: PermissionDenied if the identity is revoked, or unregistered and
  //         the setting says deny; InvalidArgument if the ID is of another
  //         trust domain or too long to fit the extension's 4 KiB; those of
  //         Committer::Submit.
  void ComposeX509(const X509Request& request, Done<X509Addition> done);
  void ComposeJwt(const JwtRequest& request, Done<JwtAddition> done);

  IdClass Classify(const SpiffeId& id, std::string_view spki_der) const;
  ComposerStats Stats() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace svidence::issuance
