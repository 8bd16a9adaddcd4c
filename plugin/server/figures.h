// What the server's metrics show at one moment.
#pragma once

#include <cstdint>

#include "plugin/core/metrics/figures.h"
#include "plugin/core/metrics/histogram.h"
#include "plugin/server/server_engine.h"

namespace svidence::server {

metrics::ServerFigures Gather(const ServerEngine& engine, std::int64_t started_millis,
                              const metrics::Histogram& compose_latency);

}  // namespace svidence::server
