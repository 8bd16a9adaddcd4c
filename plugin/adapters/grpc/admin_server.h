// Serves the admin service on connections that somebody else has accepted.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <grpcpp/grpcpp.h>

#include "attestors/base/status.h"
#include "attestors/process/name_directory.h"
#include "plugin/adapters/grpc/admin_service.h"
#include "plugin/core/admin/backend.h"

namespace svidence {

// Thread-safe.
class AdminServer {
 public:
  // Both must outlive this object. `users` gives callers their names.
  // Errors: Internal if gRPC does not start.
  static StatusOr<std::unique_ptr<AdminServer>> Start(admin::Backend& backend,
                                                      const NameDirectory& users);
  // Ends calls that run, and waits for them.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Owns `fd`, a connected stream socket whose peer is `caller` for as long as
  // the connection lives; Forget() says when it has ended. Until then no other
  // connection may have the same number.
  void Serve(int fd, const admin::Caller& caller);
  void Forget(int fd);

 private:
  AdminServer(admin::Backend& backend, const NameDirectory& users);

  admin::Caller CallerOf(const std::string& peer) const;

  const NameDirectory& users_;
  AdminService service_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, admin::Caller> callers_;  // by gRPC's name of the connection
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace svidence
