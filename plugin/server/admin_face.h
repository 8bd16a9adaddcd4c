// The server's two admin sockets, and the service behind them.
#pragma once

#include <memory>
#include <string>

#include "attestors/base/status.h"
#include "attestors/process/name_directory.h"
#include "plugin/adapters/grpc/admin_server.h"
#include "plugin/adapters/linux/admin_sockets.h"
#include "plugin/core/admin/backend.h"

namespace svidence::server {

class AdminFace {
 public:
  // Both must outlive this object. Each write is logged with who asked.
  // Errors: those of AdminSockets::Open, and of AdminServer::Start.
  static StatusOr<std::unique_ptr<AdminFace>> Open(const std::string& runtime_dir,
                                                   admin::Backend& backend,
                                                   const NameDirectory& users);
  ~AdminFace();
  AdminFace(const AdminFace&) = delete;
  AdminFace& operator=(const AdminFace&) = delete;

 private:
  AdminFace() = default;

  std::unique_ptr<AdminServer> server_;
  std::unique_ptr<linux_os::AdminSockets> sockets_;  // last: its thread calls the server
};

}  // namespace svidence::server
