// What a credential says of itself, and whether it fits its ledger entry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/registry/records.h"

namespace svidence::cli {

// By how much the credential's own time may differ from its entry's: SPIRE dates
// certificates back by 10 s.
constexpr std::int64_t kMaxTimeGapSeconds = 60;

// The server's setting oid_base, unless it is set.
constexpr const char* kDefaultOidBase =
    "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985";

struct BindingCheck {
  std::string name;
  bool ok = false;
  std::string detail;
};

struct Record {
  ledger::Entry entry;
  std::optional<registry::TrustRecord> trust;
  std::optional<registry::SponsorRecord> sponsor;
  std::int64_t scope = 0;
  std::int64_t issued = 0;  // member `now`, Unix seconds
  trust::Score score_now = 0;
  std::string entry_bytes;
  std::string proof;  // empty if there is none
};

struct Inspection {
  std::string kind{};  // "X.509-SVID" or "JWT-SVID"
  std::string spiffe_id{};
  std::int64_t from = 0;                          // Unix seconds
  std::int64_t until = 0;                         // Unix seconds
  std::string serial{};                           // of a certificate
  std::vector<openssl::X509Certificate> chain{};  // the leaf first; none: a JWT
  std::optional<Record> record{};
  std::string trouble{};  // why there is no record
  std::vector<BindingCheck> checks{};

  bool ok() const;
};

struct InspectOptions {
  std::string oid_base;
  std::string claim;
  std::int64_t now_millis = 0;
};

// Reads PEM, DER, a chain of either (its first certificate is the SVID) or a
// JWT. Verifies no signature.
// Errors: InvalidArgument if `bytes` are none of these.
StatusOr<Inspection> Inspect(std::string_view bytes, const InspectOptions& options,
                             const Hasher& hasher);

}  // namespace svidence::cli
