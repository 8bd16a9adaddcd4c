// SPIRE's registration entries, over the private socket of SPIRE server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/revocation/ports.h"

namespace svidence::spire {

// Gives a connected stream socket, which the caller owns from then on. Its
// errors name the setting that would help.
using Connect = std::function<StatusOr<int>()>;

// Thread-safe. Connects anew for each call: SPIRE may have been restarted.
// Never used while an SVID is composed: SPIRE would wait for itself.
class EntryClient final : public revocation::EntryDirectory {
 public:
  // `timeout_millis` bounds each RPC.
  explicit EntryClient(Connect connect, std::int64_t timeout_millis = 3000);
  // Waits for calls that run, after Stop().
  ~EntryClient() override;
  EntryClient(const EntryClient&) = delete;
  EntryClient& operator=(const EntryClient&) = delete;

  StatusOr<std::vector<revocation::SpireEntry>> List(const SpiffeId& id, std::size_t max) override;
  Status Delete(std::span<const std::string> entry_ids) override;
  // Does SPIRE answer us as it answers an administrator?
  Status Ping();

  // Ends calls that run and refuses those that come: the process is going.
  void Stop();

 private:
  class Calls;

  Connect connect_;
  std::int64_t timeout_millis_;
  std::unique_ptr<Calls> calls_;
};

}  // namespace svidence::spire
