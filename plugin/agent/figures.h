// What the agent's metrics show at one moment.
#pragma once

#include <cstdint>

#include "plugin/agent/agent_engine.h"
#include "plugin/core/metrics/figures.h"

namespace svidence::agent {

metrics::AgentFigures Gather(const AgentEngine& engine, std::int64_t started_millis);

}  // namespace svidence::agent
