// A log's keys as people and programs read them.
#pragma once

#include <string>

#include "attestors/base/digest.h"
#include "attestors/base/json.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/key_schedule.h"

namespace svidence::cli {

// Writes an array of {"vkey","first_size","last_size"}, the last one null while the
// key signs.
void WriteKeys(JsonWriter& json, const Hasher& hasher, const ledger::KeySchedule& keys);

}  // namespace svidence::cli
