// The SPIFFE Workload API, as a workload uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attestors/base/secret.h"
#include "attestors/base/status.h"

namespace svidence::spire {

struct X509Svid {
  std::string spiffe_id;
  std::string chain_der;   // certificates one after the other, the leaf first
  Secret key_der;          // PKCS#8
  std::string bundle_der;  // certificates of the trust domain's authorities
  std::string hint;
};

// One message of the stream: it replaces the one before it.
struct X509Update {
  std::vector<X509Svid> svids;                           // the default identity first
  std::map<std::string, std::string> federated_bundles;  // DER by trust domain ID
};

struct JwtSvid {
  std::string spiffe_id;
  std::string token;
  std::string hint;
};

// Thread-safe. Source: SPIFFE_Workload_API.md; each call carries the header
// "workload.spiffe.io: true", which keeps a browser from making it.
class WorkloadClient {
 public:
  // Owns `fd`, a connected socket of the Workload API.
  explicit WorkloadClient(int fd);
  ~WorkloadClient();
  WorkloadClient(const WorkloadClient&) = delete;
  WorkloadClient& operator=(const WorkloadClient&) = delete;

  // Calls `on_update` for each message until it returns false (then the result
  // is OK), Cancel() is called, or the stream ends. `timeout_millis` bounds the
  // whole call; 0: none, for a stream that is to be kept.
  //
  // Errors: PermissionDenied if there is no identity for this process, with what
  //         to do about it; Unavailable if SPIRE agent went away; Cancelled.
  Status WatchX509(std::int64_t timeout_millis, const std::function<bool(X509Update)>& on_update);
  // An empty `spiffe_id`: all that this process is entitled to.
  StatusOr<std::vector<JwtSvid>> FetchJwt(std::span<const std::string> audience,
                                          const std::string& spiffe_id,
                                          std::int64_t timeout_millis);

  // Ends the calls that run; those that come end at once.
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace svidence::spire
