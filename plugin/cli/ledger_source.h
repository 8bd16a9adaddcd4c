// Where a ledger is read by those who verify it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "plugin/core/ledger/audit/source.h"
#include "plugin/core/ledger/audit/tiles_source.h"
#include "plugin/core/ledger/high_water.h"

namespace svidence::cli {

// A server's directory, a JSON Lines export, or a published log.
struct LedgerSource {
  std::string name{};                              // as it was given
  std::unique_ptr<ledger::EntrySource> entries{};  // of the first two
  ledger::OpenTiles tiles{};                       // of the third
  std::optional<ledger::HighWaterMark> mark{};     // beside a server's directory

  bool published() const { return static_cast<bool>(tiles); }
};

}  // namespace svidence::cli
