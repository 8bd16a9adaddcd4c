// Every metric that Svidence has: the one place that names them.
#pragma once

#include <span>
#include <string_view>

namespace svidence::metrics {

enum class Kind { kCounter, kGauge, kHistogram };
enum class Program { kServer, kAgent, kBoth };

struct Definition {
  std::string_view name;  // Prometheus' spelling
  Kind kind;
  Program program;
  std::string_view help;   // one line, no full stop
  std::string_view label;  // name of its one label; empty if it has none
};

inline constexpr Definition kBuildInfo = {"svidence_build_info", Kind::kGauge, Program::kBoth,
                                          "Always 1; the label gives the version of the daemon",
                                          "version"};
inline constexpr Definition kStartTime = {
    "svidence_start_time_seconds", Kind::kGauge, Program::kBoth,
    "Unix time at which this daemon started; it changes when the shim has restarted it", ""};

inline constexpr Definition kCompose = {
    "svidence_compose_total", Kind::kCounter, Program::kServer,
    "Compose calls by result: x509 and jwt were logged and enriched, passed were left as they "
    "were, refused got an error",
    "result"};
inline constexpr Definition kComposeUnregistered = {
    "svidence_compose_unregistered_total", Kind::kCounter, Program::kServer,
    "Credentials composed with score 0 for an agent that nobody registered", ""};
inline constexpr Definition kComposeLatency = {
    "svidence_compose_seconds", Kind::kHistogram, Program::kServer,
    "Time from a Compose call to its answer, the durable append included", ""};

inline constexpr Definition kLedgerSize = {"svidence_ledger_entries", Kind::kGauge,
                                           Program::kServer,
                                           "Entries in the ledger: the size of its head", ""};
inline constexpr Definition kLedgerAppended = {"svidence_ledger_appended_total", Kind::kCounter,
                                               Program::kServer,
                                               "Entries made durable since the daemon started", ""};
inline constexpr Definition kLedgerBatches = {"svidence_ledger_batches_total", Kind::kCounter,
                                              Program::kServer,
                                              "Group commits since the daemon started", ""};
inline constexpr Definition kLedgerRefused = {
    "svidence_ledger_refused_total", Kind::kCounter, Program::kServer,
    "Append requests that ended without an entry: queue full, deadline, gate or store", ""};
inline constexpr Definition kLedgerQueue = {"svidence_ledger_queue", Kind::kGauge, Program::kServer,
                                            "Append requests that wait for the committer", ""};
inline constexpr Definition kLedgerWritable = {
    "svidence_ledger_writable", Kind::kGauge, Program::kServer,
    "1 if the last append succeeded, 0 if appends fail", ""};
inline constexpr Definition kRefusing = {
    "svidence_refusing", Kind::kGauge, Program::kServer,
    "1 while the ledger is refused and nothing is issued under the agent prefix", ""};
inline constexpr Definition kDiskFree = {
    "svidence_ledger_disk_free_bytes", Kind::kGauge, Program::kServer,
    "Bytes that the ledger's file system has left for unprivileged users", ""};

inline constexpr Definition kAgents = {"svidence_agents", Kind::kGauge, Program::kServer,
                                       "Registered agents", ""};
inline constexpr Definition kNotUnderstood = {
    "svidence_registry_not_understood_total", Kind::kCounter, Program::kServer,
    "Ledger entries that concern the registry but could not be understood", ""};
inline constexpr Definition kUnrecordedRevocations = {
    "svidence_revocations_unrecorded", Kind::kGauge, Program::kServer,
    "Revocations in force that the ledger does not hold yet", ""};
inline constexpr Definition kPendingDeletions = {
    "svidence_revocations_pending_deletions", Kind::kGauge, Program::kServer,
    "Revoked SPIFFE IDs whose SPIRE entries may still exist", ""};

inline constexpr Definition kAttest = {
    "svidence_attest_total", Kind::kCounter, Program::kAgent,
    "Attest calls by result: selectors or none were answered, error means neither", "result"};
inline constexpr Definition kAttestLatency = {"svidence_attest_seconds", Kind::kHistogram,
                                              Program::kAgent,
                                              "Time from an Attest call to its answer", ""};
inline constexpr Definition kHashCache = {
    "svidence_exe_hash_cache_total", Kind::kCounter, Program::kAgent,
    "Look-ups of executable hashes: hit needed no reading of the file, miss did", "result"};

// In the order of docs/metrics.md, which a test compares with it.
std::span<const Definition* const> All();

}  // namespace svidence::metrics
