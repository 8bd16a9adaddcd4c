#include "plugin/core/issuance/refuser.h"

namespace svidence::issuance {

Status Refuser::Judge(const SpiffeId& id, std::string_view spki_der) const {
  SVIDENCE_ASSIGN_OR_RETURN(const IdClass id_class, rules_.Classify(id, spki_der));
  return IsLogged(id_class) ? reason_ : OkStatus();
}

void Refuser::ComposeX509(const X509Request& request, Done<X509Addition> done) {
  const Status verdict = Judge(request.id, request.spki_der);
  if (!verdict.ok()) return done(verdict);
  done(std::optional<X509Addition>{});
}

void Refuser::ComposeJwt(const JwtRequest& request, Done<JwtAddition> done) {
  const Status verdict = Judge(request.id, {});
  if (!verdict.ok()) return done(verdict);
  done(std::optional<JwtAddition>{});
}

}  // namespace svidence::issuance
