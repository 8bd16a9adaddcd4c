// What SPIRE asks of us for each SVID, and what it gets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"

namespace svidence::issuance {

// Bounds of what a request may hold. The entry has bounds of its own.
constexpr std::size_t kMaxSpkiBytes = std::size_t{16} * 1024;
constexpr std::size_t kMaxAudienceBytes = std::size_t{64} * 1024;  // of all together
constexpr std::size_t kMaxJtiBytes = 128;

// When a call ends without an answer, and whether anybody still waits for one.
struct CallLimits {
  std::int64_t deadline_millis = 0;   // MonotonicMillis; 0: only the settings' timeout
  std::function<bool()> cancelled{};  // thread-safe, never blocks; empty: never
};

struct X509Request {
  SpiffeId id;
  std::string spki_der{};  // SubjectPublicKeyInfo
  CallLimits limits{};
};

struct JwtRequest {
  SpiffeId id;
  std::vector<std::string> audience{};
  std::int64_t issued_at = 0;   // Unix seconds
  std::int64_t expires_at = 0;  // Unix seconds
  std::string jti{};            // empty: one is drawn
  CallLimits limits{};
};

struct X509Addition {
  std::string extension_der;  // value of the X.509 extension
  ledger::EntryIndex index = 0;
};
struct JwtAddition {
  std::string claim_json;  // value of the claim, an object
  std::string jti;
  ledger::EntryIndex index = 0;
};

// nullopt: leave the credential as it is.
template <typename Addition>
using Done = std::function<void(const StatusOr<std::optional<Addition>>&)>;

// Thread-safe. Never blocks: `done` is called exactly once, on any thread.
class Issuer {
 public:
  virtual ~Issuer() = default;
  virtual void ComposeX509(const X509Request& request, Done<X509Addition> done) = 0;
  virtual void ComposeJwt(const JwtRequest& request, Done<JwtAddition> done) = 0;
};

}  // namespace svidence::issuance
