// Counts how long each composition takes, from the call to its answer.
#pragma once

#include <memory>
#include <utility>

#include "attestors/base/clock.h"
#include "plugin/core/issuance/issuer.h"
#include "plugin/core/metrics/histogram.h"

namespace svidence::server {

// Thread-safe if `inner` is.
class TimedIssuer final : public issuance::Issuer {
 public:
  // `histogram` must outlive this object and its calls.
  TimedIssuer(std::shared_ptr<issuance::Issuer> inner, metrics::Histogram& histogram)
      : inner_(std::move(inner)), histogram_(histogram) {}

  void ComposeX509(const issuance::X509Request& request,
                   issuance::Done<issuance::X509Addition> done) override;
  void ComposeJwt(const issuance::JwtRequest& request,
                  issuance::Done<issuance::JwtAddition> done) override;

 private:
  const std::shared_ptr<issuance::Issuer> inner_;
  metrics::Histogram& histogram_;
};

}  // namespace svidence::server
