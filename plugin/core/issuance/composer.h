// Composes what an SVID says: gate, ledger entry, then extension or claim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/random.h"
#include "plugin/core/issuance/id_rules.h"
#include "plugin/core/issuance/issuer.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/registry/registry.h"

namespace svidence::issuance {

// Most bytes of an entry's common members, without the texts of the draft: index
// and link of 16 digits each, time, previous hash, names and punctuation.
constexpr std::size_t kMaxCommonBytes = 189;

enum class Unregistered { kScoreZero, kDeny };

struct ComposerSettings {
  IdRules ids{};
  std::string server_id{};  // "server:<server_id>" is the entries' `by`
  Unregistered unregistered = Unregistered::kScoreZero;
  std::int64_t timeout_millis = 5000;  // longest wait for the ledger
  bool proof_optional = false;         // issue also what cannot be proved yet
};

struct ComposerStats {
  std::uint64_t x509 = 0;          // issued and recorded
  std::uint64_t jwt = 0;           // likewise
  std::uint64_t unregistered = 0;  // of those, to agents that nobody registered
  std::uint64_t refused = 0;       // answered with an error
  std::uint64_t passed = 0;        // left as they were
};

// Nothing is parsed that we have just written, and nothing is asked of SPIRE.
class Composer final : public Issuer {
 public:
  // The ports must outlive this object and every call that it has not answered.
  struct Ports {
    ledger::Committer& committer;
    const registry::Registry& registry;
    const Hasher& hasher;
    const Clock& clock;
    Random& random;
  };

  Composer(Ports ports, ComposerSettings settings);

  // The identity is judged when it is asked for, so that a denial costs little,
  // and again on the committer's thread when the entry gets its index, so that
  // no issuance follows a `revoked`. May be destroyed while calls are under way.
  //
  // Errors: PermissionDenied if the identity is revoked, or unregistered and
  //         the setting says deny; InvalidArgument if the ID is of another
  //         trust domain or its entry would not fit the extension beside a
  //         proof, or a member of the request is out of bounds; Cancelled if
  //         nobody waits any more; those of Committer::Submit.
  void ComposeX509(const X509Request& request, Done<X509Addition> done) override;
  void ComposeJwt(const JwtRequest& request, Done<JwtAddition> done) override;

  ComposerStats Stats() const;

 private:
  class Core;
  class Call;
  class X509Call;
  class JwtCall;

  std::shared_ptr<Core> core_;
};

}  // namespace svidence::issuance
