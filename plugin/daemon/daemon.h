// What the two daemons have in common: from main() to the end of the process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "attestors/base/status.h"
#include "plugin/adapters/grpc/host_metrics.h"
#include "plugin/adapters/grpc/plugin_server.h"
#include "plugin/adapters/linux/shim_link.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/adapters/log/log.h"
#include "plugin/daemon/options.h"
#include "plugin/daemon/switchboard.h"

namespace svidence::daemon {

// What Run() has set up. Made by Run() only; lives as long as its `body`.
class Session {
 public:
  // `inherited` is the link to the shim that started us; none if `listen` is set.
  Session(const Program& program, std::string listen, linux_os::UniqueFd inherited,
          log::ProcessLog& log)
      : program_(program),
        listen_(std::move(listen)),
        inherited_(std::move(inherited)),
        log_(log) {}

  // SPIRE's telemetry; drops what it is given while SPIRE is not there.
  HostMetrics& host_metrics() { return host_metrics_; }

  // Serves `plugin` until the host or the shim ends it; with --listen, until
  // SIGTERM or SIGINT. Call once, when `plugin` is ready to be configured.
  //
  // Errors: what kept it from serving; the shim has been told.
  Status Serve(const PluginSpec& plugin);

  // Ends the process now, without a destructor, after `why` has been logged: for a
  // state in which only a new process may go on. Callable from any thread; the
  // shim starts another daemon.
  [[noreturn]] void Abandon(std::string_view why);

 private:
  Status ServeInherited(const PluginSpec& plugin);
  Status ServeListening(const PluginSpec& plugin);
  // Serves one shim until the end that is given back.
  StatusOr<End> ServeLink(const PluginSpec& plugin, std::unique_ptr<linux_os::ShimLink> link);
  StatusOr<End> ServeUntilEnd(PluginServer& server, linux_os::ShimLink& link);
  Status MakeReady(PluginServer& server, linux_os::ShimLink& link);
  PluginServerHooks HooksFor(linux_os::ShimLink& link);
  void OnShim(std::unique_ptr<linux_os::ShimLink> link);

  const Program program_;
  const std::string listen_;
  linux_os::UniqueFd inherited_;
  log::ProcessLog& log_;
  HostMetrics host_metrics_;
  Switchboard switchboard_;
};

// The whole of a daemon's main(): signals, descriptors, log and link, then
// `body`, which makes the plugin and calls session.Serve(). What `body` made is
// destroyed when it returns; then the log is flushed and the process ends, at
// once and for sure, with status 0 if `body` returned OK, else 1.
[[noreturn]] void Run(const Program& program, int argc, const char* const* argv,
                      const std::function<Status(Session&)>& body);

}  // namespace svidence::daemon
