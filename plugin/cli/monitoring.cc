#include "plugin/cli/monitoring.h"
#include "plugin/adapters/openssl/note_ports.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/audit/audit.h"
#include "plugin/core/ledger/audit/tail_check.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::cli {
namespace {

constexpr std::string_view kStateHeader = "svidence-monitor 1\n";
constexpr std::size_t kMaxStateBytes = kStateHeader.size() + ledger::kMaxNoteBytes;

ledger::SeenCheckpoint SeenOf(const FoundCheckpoint& found) {
  return {.checkpoint = found.checkpoint, .note = found.note};
}

// No log, no nodes.
class NoNodes final : public ledger::NodeReader {
 public:
  StatusOr<std::vector<Digest>> Read(std::span<const ledger::NodeId>) override {
    return NotFound("they are of different sizes, and no SOURCE is given that could tell");
  }
};

class Round {
 public:
  Round(const Environment& env, const Trust& trust, const MonitorTask& task)
      : env_(env), trust_(trust), task_(task) {}

  StatusOr<MonitorRound> Watch();
  StatusOr<MonitorRound> Compare();

 private:
  Status ReadState();
  Status WriteState();
  Status OpenLog();
  // Sets the alarm unless one of the two continues the other.
  Status CompareTwo(const FoundCheckpoint& a, const FoundCheckpoint& b);
  Status CompareAll();
  Status CheckAll();
  Status CheckNew();
  Status Check();
  bool alarmed() const { return !round_.alarm.empty(); }

  const Environment& env_;
  const Trust& trust_;
  const MonitorTask& task_;
  MonitorRound round_;
  LedgerSource source_;
  std::unique_ptr<ledger::TileReader> tiles_;
  std::optional<FoundCheckpoint> state_;
  std::optional<FoundCheckpoint> published_;
};

Status Round::ReadState() {
  const StatusOr<std::string> text = env_.read_file(task_.state, kMaxStateBytes);
  if (!text.ok() && text.status().code() == StatusCode::kNotFound) return OkStatus();
  SVIDENCE_RETURN_IF_ERROR(text.status());
  const std::string shown = Quote(task_.state, 256);
  StatusOr<FoundCheckpoint> state = InvalidArgument("it is no state of a monitor");
  if (text->starts_with(kStateHeader)) {
    state = trust_.Open(text->substr(kStateHeader.size()), "the checkpoint seen before");
  }
  if (!state.ok()) {
    return InvalidArgument("reading the state " + shown + ": " + Message(state.status()) +
                           "; give the log's key, or another --state to begin anew");
  }
  state_ = *std::move(state);
  return OkStatus();
}

Status Round::WriteState() {
  return env_.write_file(task_.state, std::string(kStateHeader) + published_->note,
                         /*is_private=*/true);
}

Status Round::OpenLog() {
  SVIDENCE_ASSIGN_OR_RETURN(source_, env_.open_source(task_.source));
  if (!source_.published()) {
    return InvalidArgument(Quote(task_.source, 256) +
                           " is no published log: a directory with a checkpoint");
  }
  SVIDENCE_ASSIGN_OR_RETURN(tiles_, source_.tiles());
  StatusOr<FoundCheckpoint> published = trust_.OpenPublished(*tiles_, task_.source);
  if (!published.ok() && published.status().code() == StatusCode::kDataLoss) {
    round_.alarm = Message(published.status());
    return OkStatus();
  }
  SVIDENCE_RETURN_IF_ERROR(published.status());
  published_ = *std::move(published);
  round_.size = published_->checkpoint.size;
  round_.root = published_->checkpoint.root;
  return OkStatus();
}

Status Round::CompareTwo(const FoundCheckpoint& a, const FoundCheckpoint& b) {
  const std::uint64_t size = std::max(a.checkpoint.size, b.checkpoint.size);
  NoNodes none;
  std::unique_ptr<ledger::NodeReader> nodes;
  if (tiles_) {
    nodes = std::make_unique<ledger::TileNodeReader>(env_.hasher, *tiles_, size);
  }
  SVIDENCE_ASSIGN_OR_RETURN(
      const ledger::Comparison compared,
      ledger::CompareCheckpoints(SeenOf(a), SeenOf(b), nodes ? *nodes : none, env_.hasher));
  if (compared.continuity == ledger::Continuity::kContinues) return OkStatus();
  round_.alarm = a.name + " and " + b.name + ": " + compared.sentence;
  if (!compared.fraud) return OkStatus();
  SVIDENCE_ASSIGN_OR_RETURN(const std::string proof, ledger::FormatFraudProof(*compared.fraud));
  SVIDENCE_RETURN_IF_ERROR(env_.write_file(task_.fraud, proof, /*is_private=*/false));
  round_.fraud = task_.fraud;
  return OkStatus();
}

Status Round::CompareAll() {
  if (state_) {
    SVIDENCE_RETURN_IF_ERROR(CompareTwo(*state_, *published_));
    if (alarmed()) return OkStatus();
  }
  for (const std::string& path : task_.seen) {
    SVIDENCE_ASSIGN_OR_RETURN(const FoundCheckpoint seen, trust_.OpenFile(path));
    SVIDENCE_RETURN_IF_ERROR(CompareTwo(seen, *published_));
    if (!alarmed() && seen.checkpoint.size > published_->checkpoint.size) {
      round_.alarm = seen.name + " is of " + std::to_string(seen.checkpoint.size) +
                     " entries, the log shows " + std::to_string(round_.size) +
                     ": an older copy, or its end was cut off";
    }
    if (alarmed()) return OkStatus();
  }
  if (state_ && state_->checkpoint.size > published_->checkpoint.size) {
    round_.alarm = "the log shows " + std::to_string(round_.size) + " entries and has shown " +
                   std::to_string(state_->checkpoint.size) +
                   ": an older copy, or its end was cut off";
  }
  return OkStatus();
}

Status Round::CheckAll() {
  const ledger::Checkpoint& to = published_->checkpoint;
  ledger::TilesSource entries(source_.tiles, to.size);
  const openssl::OpenSslEd25519Verifier verifier;
  ledger::AuditOptions options;
  options.verifier = &verifier;
  options.jobs = std::min(std::max(1U, std::thread::hardware_concurrency()), ledger::kMaxAuditJobs);
  options.expected = {{.size = to.size, .root = to.root, .name = published_->name}};
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::AuditReport report,
                            ledger::Audit(entries, env_.hasher, options));
  round_.added = report.head.size;
  if (report.defect) {
    round_.alarm = "entry " + std::to_string(report.defect->index) + " (" +
                   std::string(NameOf(report.defect->kind)) + "): " + report.defect->sentence;
  }
  return OkStatus();
}

Status Round::CheckNew() {
  const ledger::Checkpoint& to = published_->checkpoint;
  ledger::TilesSource entries(source_.tiles, to.size);
  SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<ledger::EntryReader> reader,
                            entries.OpenReader());
  ledger::TileNodeReader nodes(env_.hasher, *tiles_, to.size);
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::TailReport report,
                            ledger::CheckTail(*reader, nodes, state_->checkpoint, to, env_.hasher));
  round_.added = report.checked;
  round_.unfollowed = report.unfollowed;
  if (report.defect) {
    round_.alarm = "entry " + std::to_string(report.defect->index) + " (" +
                   std::string(NameOf(report.defect->kind)) + "): " + report.defect->sentence;
  }
  return OkStatus();
}

Status Round::Check() {
  const bool has_begun = state_ && state_->checkpoint.size > 0;
  SVIDENCE_RETURN_IF_ERROR(has_begun ? CheckNew() : CheckAll());
  return alarmed() ? OkStatus() : WriteState();
}

StatusOr<MonitorRound> Round::Watch() {
  SVIDENCE_RETURN_IF_ERROR(ReadState());
  SVIDENCE_RETURN_IF_ERROR(OpenLog());
  if (alarmed()) return round_;
  SVIDENCE_RETURN_IF_ERROR(CompareAll());
  if (alarmed()) return round_;
  if (state_ && state_->checkpoint.size == published_->checkpoint.size) return round_;
  SVIDENCE_RETURN_IF_ERROR(Check());
  return round_;
}

StatusOr<MonitorRound> Round::Compare() {
  std::vector<FoundCheckpoint> all;
  for (const std::string& path : task_.seen) {
    SVIDENCE_ASSIGN_OR_RETURN(FoundCheckpoint seen, trust_.OpenFile(path));
    all.push_back(std::move(seen));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i && !alarmed(); ++j) {
      SVIDENCE_RETURN_IF_ERROR(CompareTwo(all[j], all[i]));
      if (alarmed() && round_.fraud.empty()) return InvalidArgument(round_.alarm);
    }
    round_.size = std::max(round_.size, all[i].checkpoint.size);
    if (round_.size == all[i].checkpoint.size) round_.root = all[i].checkpoint.root;
  }
  return round_;
}

}  // namespace

StatusOr<MonitorRound> WatchOnce(const Environment& env, const Trust& trust,
                                 const MonitorTask& task) {
  return Round(env, trust, task).Watch();
}

StatusOr<MonitorRound> CompareSeen(const Environment& env, const Trust& trust,
                                   const MonitorTask& task) {
  return Round(env, trust, task).Compare();
}

}  // namespace svidence::cli
