// Port: the SPIFFE Workload API, as `svidence fetch` uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "attestors/base/secret.h"
#include "attestors/base/status.h"

namespace svidence::cli {

struct WorkloadX509 {
  std::string spiffe_id;
  std::string chain_der;
  Secret key_der;  // PKCS#8
  std::string bundle_der;
};

struct WorkloadJwt {
  std::string spiffe_id;
  std::string token;
};

// Implemented over plugin/adapters/spire by system.cc, in memory by the tests.
class WorkloadSource {
 public:
  using OnUpdate = std::function<bool(std::vector<WorkloadX509> svids)>;

  virtual ~WorkloadSource() = default;

  // Calls `on_update` for each set of identities, the default one first, until
  // it returns false. 0 millis: no bound.
  // Errors: PermissionDenied if this process has no identity; Unavailable if the
  //         agent went away; DeadlineExceeded.
  virtual Status WatchX509(std::int64_t timeout_millis, const OnUpdate& on_update) = 0;
  virtual StatusOr<std::vector<WorkloadJwt>> FetchJwt(std::span<const std::string> audience,
                                                      std::int64_t timeout_millis) = 0;
};

}  // namespace svidence::cli
