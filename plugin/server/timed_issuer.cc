#include "plugin/server/timed_issuer.h"

#include <chrono>
#include <optional>

namespace svidence::server {
namespace {

template <typename Addition>
issuance::Done<Addition> Timed(metrics::Histogram& histogram, issuance::Done<Addition> done) {
  const auto begin = std::chrono::steady_clock::now();
  return [&histogram, begin, done = std::move(done)](const auto& answer) {
    histogram.Observe(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin));
    done(answer);
  };
}

}  // namespace

void TimedIssuer::ComposeX509(const issuance::X509Request& request,
                              issuance::Done<issuance::X509Addition> done) {
  inner_->ComposeX509(request, Timed(histogram_, std::move(done)));
}

void TimedIssuer::ComposeJwt(const issuance::JwtRequest& request,
                             issuance::Done<issuance::JwtAddition> done) {
  inner_->ComposeJwt(request, Timed(histogram_, std::move(done)));
}

}  // namespace svidence::server
