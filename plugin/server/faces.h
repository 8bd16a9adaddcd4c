// What others see of the server besides SPIRE: admin sockets and metrics.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "attestors/process/name_directory.h"
#include "plugin/core/admin/backend.h"
#include "plugin/core/config/server_settings.h"
#include "plugin/core/metrics/figures.h"
#include "plugin/daemon/metrics_face.h"
#include "plugin/server/admin_face.h"

namespace svidence::server {

// Opened by the first good configuration. What cannot be opened is logged and
// tried again at the next: SPIRE must not stay down for want of a socket.
class Faces {
 public:
  // All must outlive this object.
  Faces(admin::Backend& backend, const NameDirectory& users,
        const std::function<metrics::ServerFigures()>& gather);

  // Thread-safe.
  void Apply(const config::ServerSettings& settings);

 private:
  void OpenAdmin(const std::string& runtime_dir);

  admin::Backend& backend_;
  const NameDirectory& users_;
  std::mutex mutex_;
  std::unique_ptr<AdminFace> admin_;
  daemon::MetricsFace metrics_;
};

}  // namespace svidence::server
