#include "plugin/server/log_key.h"

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::server {
namespace {

constexpr std::size_t kMaxShownPath = 256;

StatusOr<openssl::Ed25519Key> Create(const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(openssl::Ed25519Key key, openssl::Ed25519Key::Generate());
  SVIDENCE_ASSIGN_OR_RETURN(const Secret pem, key.ToPem());
  SVIDENCE_RETURN_IF_ERROR(linux_os::CreateFileDurably(path, pem.Reveal(), 0600));
  return key;
}

}  // namespace

StatusOr<openssl::Ed25519Key> LoadLogKey(const std::string& path, bool may_create) {
  const StatusOr<Secret> pem = linux_os::ReadPrivateFile(path, openssl::kMaxKeyFileBytes);
  if (pem.ok()) {
    StatusOr<openssl::Ed25519Key> key = openssl::Ed25519Key::FromPem(*pem);
    if (!key.ok())
      return Annotate(key.status(), "reading the log key " + Quote(path, kMaxShownPath));
    return key;
  }
  if (pem.status().code() != StatusCode::kNotFound) return Annotate(pem.status(), "log key");
  if (may_create) return Create(path);
  return FailedPrecondition("the log key " + Quote(path, kMaxShownPath) +
                            " is missing, but the ledger has begun: put the key back from your "
                            "backup, or set log_key to where it is");
}

}  // namespace svidence::server
