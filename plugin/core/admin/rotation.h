// Changes the log's key.
#pragma once

#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"
#include "plugin/core/admin/ports.h"

namespace svidence::admin {

// As KeyAdmin. Each step may be the last before a crash: until the entry is durable
// the old key is the log's; from then on the new one is, which the entry itself shows
// by both signatures, and which the next start finds where KeyRing has put it.
StatusOr<Rotated> RotateKey(const Ports& ports, const Settings& settings, const Caller& caller,
                            const KeyRotation& rotation);

}  // namespace svidence::admin
