#include "plugin/server/figures.h"

#include <memory>

#include "plugin/adapters/linux/files.h"
#include "plugin/daemon/options.h"

namespace svidence::server {

metrics::ServerFigures Gather(const ServerEngine& engine, std::int64_t started_millis,
                              const metrics::Histogram& compose_latency) {
  metrics::ServerFigures figures;
  figures.daemon = {.version = daemon::Version(), .started_millis = started_millis};
  figures.compose_latency = compose_latency.Read();
  const std::shared_ptr<const ServerState> state = engine.state();
  if (state == nullptr) return figures;
  figures.refusing = state->books == nullptr;
  if (const StatusOr<std::uint64_t> free = linux_os::FreeBytes(state->settings.ledger_dir);
      free.ok()) {
    figures.disk_free_bytes = *free;
  }
  if (state->books == nullptr) return figures;
  Books& books = *state->books;
  figures.committer = books.committer().Stats();
  figures.composer = state->composer->Stats();
  figures.revocations = books.revocations().GetStats();
  figures.agents = books.registry().List().size();
  figures.not_understood = books.registry().NotUnderstood();
  return figures;
}

}  // namespace svidence::server
