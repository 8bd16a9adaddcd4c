// Object identifiers that may name our X.509 extension.
#pragma once

#include <string_view>

#include "attestors/base/status.h"

namespace svidence::config {

// Checks the base below which our own arcs are appended. Every arc is at most
// 2^31-1: Go's crypto/x509 refuses a certificate with a larger one, after SPIRE
// has signed it; "2.25.<UUID>" is such a case.
//
// Errors: InvalidArgument if `oid` is not at least three decimal arcs separated
//         by ".", has more than 32 arcs or 128 bytes, is no encodable OID, lies
//         in an arc of X.500 or PKIX, or is meant for documentation (2.999,
//         1.3.6.1.4.1.32473) and `allow_documentation` is false.
// Source: X.660; RFC 5280, section 4.2; RFC 5612 and X.660 A.5 for the
//         documentation arcs.
Status CheckOidBase(std::string_view oid, bool allow_documentation);

}  // namespace svidence::config
