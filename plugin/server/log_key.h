// The log's signing key, on disk.
#pragma once

#include <string>

#include "attestors/base/status.h"
#include "plugin/adapters/openssl/ed25519.h"

namespace svidence::server {

// Reads the key at `path`. With `may_create`, makes one, with rights 0600, if
// there is no such file: a log that has not begun yet has no key to lose.
// Errors: FailedPrecondition if the file is missing, belongs to another user or
//         can be read by others, each with what to do; InvalidArgument if it
//         holds no Ed25519 key.
StatusOr<openssl::Ed25519Key> LoadLogKey(const std::string& path, bool may_create);

}  // namespace svidence::server
