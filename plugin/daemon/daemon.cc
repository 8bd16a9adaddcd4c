#include "plugin/daemon/daemon.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/grpc/grpc_locks.h"
#include "plugin/adapters/grpc/grpc_log.h"
#include "plugin/adapters/linux/shim_listener.h"
#include "plugin/adapters/log/log.h"
#include "plugin/daemon/exit_timer.h"
#include "plugin/daemon/process.h"

namespace svidence::daemon {
namespace {

using linux_os::ShimLink;
using linux_os::ShimListener;
using linux_os::UniqueFd;
using std::chrono::milliseconds;

// How long running calls may take to end. Once the host has its answer to
// Shutdown, the shim grants half a second in all; then it kills us.
constexpr milliseconds kShutdownGrace{200};
constexpr milliseconds kTerminateGrace{1000};
constexpr milliseconds kLastLog{200};
// A handler that ignores its cancellation would keep a listening daemon from
// ever serving again.
constexpr milliseconds kStuck{10'000};
// How long a new shim waits for the end of the one before it.
constexpr milliseconds kPatience{500};

constexpr int kExitUsage = 2;
constexpr std::size_t kMaxReasonBytes = 512;

void Print(int fd, const std::string& text) {
  // Nobody is left to be told if it fails.
  [[maybe_unused]] const ssize_t wrote = write(fd, text.data(), text.size());
}

[[noreturn]] void Refuse(const Program& program, const std::string& reason) {
  Print(STDERR_FILENO, std::string(program.name) + ": " + reason + "\n");
  _exit(kExitUsage);
}

milliseconds GraceOf(const StatusOr<End>& end) {
  if (!end.ok() || *end == End::kGone) return milliseconds(0);
  return *end == End::kShutdown ? kShutdownGrace : kTerminateGrace;
}

}  // namespace

PluginServerHooks Session::HooksFor(ShimLink& link) {
  return {.save_state =
              [&link](std::string_view state) {
                const Status saved = link.SaveState(state);
                if (saved.ok()) return;
                spdlog::error(
                    "state not saved, so a daemon that replaces this one cannot serve "
                    "error={}",
                    Quote(Message(saved), kMaxReasonBytes));
              },
          .host_services = [this](const HostServices& host) { host_metrics_.SetHost(host); },
          .shutdown = [this] { switchboard_.EndLink(End::kShutdown); }};
}

Status Session::MakeReady(PluginServer& server, ShimLink& link) {
  if (link.plugin_type() != program_.plugin_type) {
    return InvalidArgument(std::string(program_.name) + " serves plugins of type " +
                           std::string(program_.plugin_type) + ", SPIRE asks for " +
                           Quote(link.plugin_type()) + "; see --daemon in plugin_args");
  }
  SVIDENCE_RETURN_IF_ERROR(
      link.Start({.on_connection = [&server](UniqueFd fd) { server.AddConnection(fd.Release()); },
                  .on_gone =
                      [this](const Status& why) {
                        if (!why.ok())
                          spdlog::error("link to the shim broken error={}", Quote(Message(why)));
                        switchboard_.EndLink(End::kGone);
                      },
                  .alive = [&server] { return server.MakesProgress(); }}));
  if (link.saved_state()) {
    SVIDENCE_RETURN_IF_ERROR(server.Restore(*link.saved_state()));
    spdlog::info("configured again from the state of an earlier daemon");
  }
  return link.SendReady();
}

StatusOr<End> Session::ServeUntilEnd(PluginServer& server, ShimLink& link) {
  if (const Status ready = MakeReady(server, link); !ready.ok()) {
    (void)link.SendFailed(Message(ready));  // if the shim is gone, nobody asks
    return ready;
  }
  const End end = switchboard_.WaitForEnd();
  if (end == End::kShutdown) (void)link.SendShutdown();  // likewise
  return end;
}

StatusOr<End> Session::ServeLink(const PluginSpec& plugin, std::unique_ptr<ShimLink> link) {
  StatusOr<std::unique_ptr<PluginServer>> server = PluginServer::Start(plugin, HooksFor(*link));
  if (!server.ok()) {
    (void)link->SendFailed(Message(server.status()));  // if the shim is gone, nobody asks
    return server.status();
  }
  StatusOr<End> end = ServeUntilEnd(**server, *link);
  const ExitTimer timer(kStuck, [this] {
    spdlog::error("process ends because a call does not return");
    log_.Flush(kLastLog);
  });
  // Calls in progress use the link, and the link's thread uses the server: in
  // this order neither is used after its end.
  (*server)->Stop(GraceOf(end));
  link.reset();
  return end;
}

Status Session::ServeInherited(const PluginSpec& plugin) {
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<ShimLink> link, ShimLink::Open(std::move(inherited_)));
  return ServeLink(plugin, std::move(link)).status();
}

void Session::OnShim(std::unique_ptr<ShimLink> link) {
  link = switchboard_.OfferLink(std::move(link), kPatience);
  if (link == nullptr) return;
  constexpr std::string_view kBusy =
      "the daemon serves another SPIRE; run one daemon for each, with a --listen of its own";
  spdlog::warn("shim refused reason={}", Quote(kBusy, kMaxReasonBytes));
  (void)link->SendFailed(kBusy);  // if the shim is gone, nobody asks
}

Status Session::ServeListening(const PluginSpec& plugin) {
  std::thread([this] {
    const int signal = WaitForEndSignal();
    spdlog::info("asked to end signal={}", signal);
    switchboard_.Terminate();
  }).detach();
  SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<ShimListener> listener,
                            ShimListener::Listen(listen_, geteuid()));
  SVIDENCE_RETURN_IF_ERROR(listener->Start(
      {.on_shim = [this](std::unique_ptr<ShimLink> link) { OnShim(std::move(link)); },
       .on_refused =
           [](const Status& why) {
             spdlog::warn("shim refused reason={}", Quote(Message(why), kMaxReasonBytes));
           }}));
  spdlog::info("waiting for a shim socket={}", Quote(listen_, kMaxReasonBytes));
  while (std::unique_ptr<ShimLink> link = switchboard_.TakeLink()) {
    const StatusOr<End> end = ServeLink(plugin, std::move(link));
    if (end.ok()) {
      spdlog::info("shim gone");
    } else {
      spdlog::error("shim not served error={}", Quote(Message(end.status()), kMaxReasonBytes));
    }
    switchboard_.LinkDone();
  }
  return OkStatus();
}

Status Session::Serve(const PluginSpec& plugin) {
  return listen_.empty() ? ServeInherited(plugin) : ServeListening(plugin);
}

void Session::Abandon(std::string_view why) {
  spdlog::critical("{}", why);
  log_.Flush(kLastLog);
  _exit(1);
}

void Run(const Program& program, int argc, const char* const* argv,
         const std::function<Status(Session&)>& body) {
  const std::span<const char* const> all(argv, static_cast<std::size_t>(argc));
  const StatusOr<Options> options = ParseOptions(all.subspan(all.empty() ? 0 : 1));
  if (!options.ok()) Refuse(program, Message(options.status()));
  if (options->action != Options::Action::kServe) {
    const bool help = options->action == Options::Action::kHelp;
    Print(STDOUT_FILENO, help ? HelpText(program) : VersionText(program));
    _exit(0);
  }
  const bool listens = !options->listen.empty();
  StatusOr<UniqueFd> inherited = listens ? UniqueFd() : ShimLink::TakeInheritedSocket();
  if (!inherited.ok()) Refuse(program, Message(inherited.status()) + "; see --help");

  SetUpProcess();
  if (listens) BlockEndSignals();
  const StatusOr<std::unique_ptr<log::ProcessLog>> log =
      log::ProcessLog::Start(STDERR_FILENO, std::string(program.name));
  if (!log.ok()) Refuse(program, Message(log.status()));
  RouteGrpcLog();
  StopTrackingLockOrder();

  Session session(program, options->listen, *std::move(inherited), **log);
  const Status status = body(session);
  if (!status.ok()) {
    spdlog::error("daemon ends error={}", Quote(Message(status), kMaxReasonBytes));
  }
  (*log)->Flush(kLastLog);
  // Not exit(3): what still runs must not keep us, as SPIRE waits for the end of
  // our stderr.
  _exit(status.ok() ? 0 : 1);
}

}  // namespace svidence::daemon
