#include "plugin/core/admin/checks.h"

#include <algorithm>

namespace svidence::admin {
namespace {

constexpr std::int64_t kHourMillis = 3600 * std::int64_t{1000};
constexpr std::uint64_t kMebibyte = std::uint64_t{1024} * 1024;
// Before the pace of a server that has just started means anything.
constexpr std::int64_t kShortestPaceMillis = 10 * 60 * std::int64_t{1000};
// The clock of a machine may be this much behind without anybody having set it.
constexpr std::int64_t kTolerableStepMillis = 2000;

}  // namespace

Check LedgerCheck(const ledger::CommitterStats& stats) {
  const std::string size = std::to_string(stats.head.size) + " entries";
  if (!stats.trouble.empty()) {
    return {"ledger", Level::kBad, size + "; appends fail: " + stats.trouble};
  }
  return {"ledger", Level::kOk, size + ", " + std::to_string(stats.queued) + " waiting"};
}

Check RevocationCheck(const revocation::Stats& stats) {
  if (stats.unrecorded > 0) {
    return {"revocation", Level::kBad,
            std::to_string(stats.unrecorded) +
                " in force but not in the ledger yet: " + stats.ledger_trouble};
  }
  if (stats.pending_deletions > 0) {
    std::string detail = "SPIRE may still have entries of " +
                         std::to_string(stats.pending_deletions) + " revoked identities";
    if (!stats.spire_trouble.empty()) detail += ": " + stats.spire_trouble;
    return {"revocation", Level::kWarn, detail};
  }
  return {"revocation", Level::kOk, "nothing pending"};
}

Check SpireCheck(const Status& ping) {
  if (ping.ok()) return {"spire", Level::kOk, "answers as to an administrator"};
  return {"spire", Level::kWarn, "revocations cannot delete entries now: " + Message(ping)};
}

Check SignerCheck(const Status& loaded, const std::string& key) {
  if (loaded.ok()) return {"signer", Level::kOk, key};
  return {"signer", Level::kBad, Message(loaded)};
}

Check DiskCheck(const DiskUse& use) {
  const std::string free = std::to_string(use.free_bytes / kMebibyte) + " MiB free";
  if (use.free_bytes == 0) return {"disk", Level::kBad, "full"};
  if (use.entries == 0 || use.entries_since == 0 || use.since_millis < kShortestPaceMillis) {
    return {"disk", Level::kOk, free};
  }
  const std::uint64_t entry_bytes = std::max<std::uint64_t>(use.ledger_bytes / use.entries, 1);
  const std::uint64_t entries_left = use.free_bytes / entry_bytes;
  // Hours first: the product of days and milliseconds could overflow.
  const auto hours = static_cast<std::uint64_t>(use.since_millis / kHourMillis) + 1;
  const std::uint64_t per_hour = std::max<std::uint64_t>(use.entries_since / hours, 1);
  const std::uint64_t days = entries_left / per_hour / 24;
  Level level = Level::kOk;
  if (days < 30) level = Level::kWarn;
  if (days < 1) level = Level::kBad;
  return {"disk", level,
          free + ", enough for " + std::to_string(days) + " days at " +
              std::to_string(per_hour * 24) + " entries a day"};
}

Check ClockCheck(std::int64_t now_millis, std::int64_t last_at_millis) {
  const std::int64_t behind = last_at_millis - now_millis;
  if (behind <= kTolerableStepMillis) return {"clock", Level::kOk, "not behind the ledger"};
  return {"clock", Level::kWarn,
          "is " + std::to_string(behind / 1000) +
              " s behind the last entry: it was set back, or the entry was written with a wrong "
              "clock"};
}

}  // namespace svidence::admin
