#include "plugin/agent/agent_engine.h"

#include <cstdlib>
#include <utility>

#include <spdlog/spdlog.h>

#include "attestors/policy/selector_policy.h"
#include "plugin/adapters/log/log.h"
#include "plugin/core/config/note.h"

namespace svidence::agent {

AgentEngine::AgentEngine(const Clock& clock, const Hasher& hasher)
    : hasher_(hasher), hashes_(clock, /*capacity=*/0), names_(clock) {}

StatusOr<std::unique_ptr<AgentEngine>> AgentEngine::Create(const Clock& clock, const Hasher& hasher,
                                                           std::string proc_root) {
  std::unique_ptr<AgentEngine> engine(new AgentEngine(clock, hasher));
  SVIDENCE_ASSIGN_OR_RETURN(
      engine->source_, linux_os::ProcfsProcessSource::Open(std::move(proc_root), engine->hashes_));
  return engine;
}

std::vector<std::string> AgentEngine::Validate(const PluginConfig& config) {
  return config::ParseAgentSettings(config.hcl, config.trust_domain).notes;
}

Status AgentEngine::Configure(const PluginConfig& config) {
  const auto parsed = config::ParseAgentSettings(config.hcl, config.trust_domain);
  if (!parsed.settings.has_value()) return config::NotesStatus(parsed.notes);
  const config::AgentSettings& settings = *parsed.settings;
  SVIDENCE_ASSIGN_OR_RETURN(const SelectorPolicy policy,
                            SelectorPolicy::Create(settings.selectors));
  SVIDENCE_RETURN_IF_ERROR(log::SetLevel(settings.log_level));
  hashes_.SetCapacity(settings.hash_cache_entries);
  runner_.Configure(std::make_shared<const AttestSetup>(AttestSetup{
      .attestation = WorkloadAttestation({.source = *source_, .names = names_, .hasher = hasher_},
                                         policy, settings.max_exe_bytes),
      .timeout = settings.attest_timeout,
      .max_concurrent = settings.max_concurrent}));
  spdlog::info("configured selectors={} exe_hash={} max_exe_size={} attest_timeout_ms={}",
               settings.selectors.size(), settings.exe_hash, settings.max_exe_bytes,
               settings.attest_timeout.count());
  if (configured_) configured_(settings);
  return OkStatus();
}

std::string ProcRootFromEnvironment() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): main calls it before there are threads.
  const char* host_proc = std::getenv("HOST_PROC");
  std::string root = host_proc == nullptr || *host_proc == '\0' ? "/proc" : host_proc;
  if (root.size() > 1 && root.back() == '/') root.pop_back();
  return root;
}

}  // namespace svidence::agent
