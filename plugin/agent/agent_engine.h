// The agent plugin behind its services: from settings to a running attestation.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/adapters/grpc/plugin_config_handler.h"
#include "plugin/adapters/linux/exe_hash_cache.h"
#include "plugin/adapters/linux/nss_name_directory.h"
#include "plugin/adapters/linux/procfs_process_source.h"
#include "plugin/agent/attest_runner.h"
#include "plugin/core/config/agent_settings.h"

namespace svidence::agent {

// What is costly to lose (hashes, names, threads) lives as long as the engine;
// a Configure swaps the rest.
class AgentEngine final : public PluginConfigHandler {
 public:
  // `clock` and `hasher` must outlive the engine. `proc_root` is where procfs is.
  // Errors: those of ProcfsProcessSource::Open().
  static StatusOr<std::unique_ptr<AgentEngine>> Create(const Clock& clock, const Hasher& hasher,
                                                       std::string proc_root);

  std::vector<std::string> Validate(const PluginConfig& config) override;
  // Errors: InvalidArgument, with what Validate() says.
  Status Configure(const PluginConfig& config) override;

  // Called after each good Configure with what is now in force. Set it before.
  void OnConfigured(std::function<void(const config::AgentSettings&)> configured) {
    configured_ = std::move(configured);
  }

  // What answers Attest.
  AttestRunner& runner() { return runner_; }
  const AttestRunner& runner() const { return runner_; }
  linux_os::ExeHashStats hash_stats() const { return hashes_.stats(); }

 private:
  AgentEngine(const Clock& clock, const Hasher& hasher);

  const Hasher& hasher_;
  linux_os::ExeHashCache hashes_;
  const linux_os::NssNameDirectory names_;
  std::unique_ptr<linux_os::ProcfsProcessSource> source_;  // set by Create()
  std::function<void(const config::AgentSettings&)> configured_;
  AttestRunner runner_;  // last: its threads use the others
};

// Where procfs is: the environment's HOST_PROC, as SPIRE's own attestors have
// it, else /proc. A trailing slash is dropped.
std::string ProcRootFromEnvironment();

}  // namespace svidence::agent
