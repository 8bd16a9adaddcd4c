// Answers while the ledger is refused.
#pragma once

#include <utility>

#include "plugin/core/issuance/id_rules.h"
#include "plugin/core/issuance/issuer.h"

namespace svidence::issuance {

// IDs that are not logged pass, so that SPIRE stays in service; the others get
// `reason`, since nothing may be issued that cannot be recorded (decision 37).
class Refuser final : public Issuer {
 public:
  Refuser(IdRules rules, Status reason) : rules_(std::move(rules)), reason_(std::move(reason)) {}

  void ComposeX509(const X509Request& request, Done<X509Addition> done) override;
  void ComposeJwt(const JwtRequest& request, Done<JwtAddition> done) override;

 private:
  Status Judge(const SpiffeId& id, std::string_view spki_der) const;

  IdRules rules_;
  Status reason_;
};

}  // namespace svidence::issuance
