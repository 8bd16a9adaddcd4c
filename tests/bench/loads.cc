#include "tests/bench/loads.h"

#include <algorithm>

#include "plugin/core/claims/issuance.h"

namespace svidence::bench {

ledger::EntryDraft DraftOf(const Hasher& hasher, const Load& load, std::size_t number) {
  const std::string name = "buyer-" + std::to_string(number % load.subjects);
  claims::Issuance issuance{.now = 1795456800};
  issuance.trust = registry::TrustRecord{.score = 8750,
                                         .as_of = 1795442400,
                                         .rule = {.half_life = 86400, .floor = 1000, .hold = 0},
                                         .policy = "sha256:" + std::string(64, '5')};
  issuance.sponsor = registry::SponsorRecord{
      .ref = "Jx0aBcDeFgHiJkLmNoPqRs", .verified = false, .method = "none", .until = std::nullopt};
  issuance.scope = 3;
  return {.type = "issue.x509",
          .by = "server:a",
          .subject = "spiffe://example.org/agent/" + name + "/3f2a9c3f2a9c3f2a9c3f2a9c3f2a9c3f",
          .agent = name,
          .members = claims::X509Members(issuance, hasher.Sha256({name}))};
}

Figures FiguresOf(std::vector<double>& micros, std::size_t entries, double seconds) {
  Figures figures{.per_second = static_cast<double>(entries) / seconds};
  if (micros.empty()) return figures;
  std::sort(micros.begin(), micros.end());
  figures.p50_micros = micros[micros.size() / 2];
  figures.p99_micros = micros[micros.size() * 99 / 100];
  return figures;
}

}  // namespace svidence::bench
