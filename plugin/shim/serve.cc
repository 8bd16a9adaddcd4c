#include "plugin/shim/serve.h"

#include <memory>
#include <optional>
#include <utility>

#include <unistd.h>

#include "plugin/shim/connected_daemon.h"
#include "plugin/shim/event_loop.h"
#include "plugin/shim/process.h"
#include "plugin/shim/spawned_daemon.h"

namespace svidence::shim {
namespace {

std::unique_ptr<Daemon> MakeDaemon(const Options& options, const PluginKind& kind,
                                   const std::string& own_path) {
  if (!options.connect.empty()) {
    return std::make_unique<ConnectedDaemon>(options.connect, options.peer_uid.value_or(geteuid()));
  }
  return std::make_unique<SpawnedDaemon>(
      options.daemon.empty() ? Beside(own_path, kind.daemon_file) : options.daemon, options.sha256);
}

}  // namespace

Result<int> Serve(const Options& options, const PluginKind& kind, const std::string& own_path,
                  const char* (*lookup)(const char* name)) {
  SetUpSignals();
  if (std::optional<Error> error = SetUpDescriptors()) return *std::move(error);
  Result<Handshake> handshake = Handshake::Take();
  if (!handshake.ok()) return handshake.error();
  const ParentWatch parent;
  const Result<SocketDir> dir = SocketDir::Make(SocketDirCandidates(lookup));
  if (!dir.ok()) return dir.error();
  const Result<Listener> listener = Listener::Bind(dir->socket_path());
  if (!listener.ok()) return listener.error();

  Logger log(STDERR_FILENO);
  const Time now = Clock::now();
  const std::unique_ptr<Daemon> daemon = MakeDaemon(options, kind, own_path);
  Supervisor supervisor({.plugin_type = kind.type, .ready_timeout = options.ready_timeout}, *daemon,
                        log, now);
  ConnectionQueue connections(*listener, log);
  return EventLoop({.supervisor = supervisor,
                    .connections = connections,
                    .handshake = *handshake,
                    .dir = *dir,
                    .parent = parent,
                    .log = log},
                   now)
      .Run();
}

}  // namespace svidence::shim
