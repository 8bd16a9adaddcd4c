// Is a credential what it says: signed by its trust domain, and in the ledger?
#pragma once

#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/cli/inspection.h"

namespace svidence::cli {

struct VerifyOptions {
  InspectOptions inspect;
  std::string bundle;  // certificates of the trust domain, PEM or DER
  std::string policy;  // a c2sp.org/tlog-policy, or one line with a log's vkey
};

// All that Inspect checks, and: path, time, trust domain and proof. Needs no
// network. Who revoked what since is not in it: that is asked elsewhere.
//
// Errors: InvalidArgument if one of the texts is none, or `bytes` is a JWT-SVID,
//         whose signature needs keys that a bundle of certificates has not.
StatusOr<Inspection> VerifyCredential(std::string_view bytes, const VerifyOptions& options,
                                      const Hasher& hasher);

}  // namespace svidence::cli
