#include "plugin/core/ledger/derived/derived_keeper.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <utility>
#include <vector>

namespace svidence::ledger {
namespace {

// Small enough that other readers of the ledger hardly wait for it.
constexpr std::size_t kReadEntries = 1024;
constexpr std::size_t kReadBytes = std::size_t{1024} * 1024;
// What is left to a start rather than waited for at the end.
constexpr EntryIndex kMaxLastEntries = 4 * kMaxDerivedSlice;

// After these the same transaction may succeed later; after others the stored state
// is not what it was taken for.
bool MayHeal(StatusCode code) {
  return code == StatusCode::kUnavailable || code == StatusCode::kResourceExhausted;
}

}  // namespace

DerivedKeeper::DerivedKeeper(Ports ports, std::string uuid, std::unique_ptr<DerivedWriter> writer,
                             Settings settings)
    : ports_(std::move(ports)), settings_(settings), writer_(std::move(writer)) {
  if (writer_ == nullptr) {
    writer_ = std::make_unique<DerivedWriter>(ports_.derived, ports_.hasher, std::move(uuid));
    restart_ = true;
  }
  covered_ = writer_->stored();
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

DerivedKeeper::~DerivedKeeper() {
  thread_.request_stop();
  thread_.join();
}

void DerivedKeeper::Rebuild(std::string why) {
  const std::lock_guard lock(mutex_);
  rebuild_asked_ = true;
  trouble_ = std::move(why);
}

EntryIndex DerivedKeeper::covered() const {
  const std::lock_guard lock(mutex_);
  return covered_;
}

std::string DerivedKeeper::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void DerivedKeeper::Run(const std::stop_token& stop) {
  std::mutex unshared;
  std::condition_variable_any tick;
  int wait = 0;
  while (!stop.stop_requested()) {
    if (wait == 0) {
      const Status status = CatchUp([&stop] { return stop.stop_requested(); });
      Tell(status);
      wait = status.ok() ? 0 : settings_.retry_intervals;
    } else {
      --wait;
    }
    std::unique_lock lock(unshared);
    tick.wait_for(lock, stop, settings_.interval, [] { return false; });
  }
  const EntryIndex size = ports_.durable_head().size;
  if (size - std::min(size, writer_->head().size) > kMaxLastEntries) return;
  Tell(CatchUp([] { return false; }));
}

void DerivedKeeper::Tell(const Status& status) {
  const std::lock_guard lock(mutex_);
  covered_ = writer_->stored();
  if (!rebuild_asked_) trouble_ = Message(status);
}

Status DerivedKeeper::RestartIfAsked() {
  {
    const std::lock_guard lock(mutex_);
    restart_ = restart_ || std::exchange(rebuild_asked_, false);
  }
  if (restart_) {
    const Status cleared = writer_->Restart();
    if (!cleared.ok()) return Annotate(cleared, "beginning the derived state anew");
    restart_ = false;
    checker_.reset();
  }
  if (!checker_) {
    // The times before are not known here; the chain's other checks suffice.
    checker_.emplace(ports_.hasher, nullptr, ChainEnd{.head = writer_->head()});
  }
  return OkStatus();
}

Status DerivedKeeper::CatchUp(const std::function<bool()>& stopped) {
  SVIDENCE_RETURN_IF_ERROR(RestartIfAsked());
  const EntryIndex end = ports_.durable_head().size;
  if (end == 0) return OkStatus();
  while (!stopped() && (writer_->head().size < end || !writer_->sealed())) {
    SVIDENCE_RETURN_IF_ERROR(TakeSlice(end));
    const Status stored = writer_->Flush(&ports_.log);
    if (!stored.ok()) {
      restart_ = !MayHeal(stored.code());
      return Annotate(stored, "writing the derived state");
    }
    const std::lock_guard lock(mutex_);
    covered_ = writer_->stored();
  }
  return OkStatus();
}

Status DerivedKeeper::TakeSlice(EntryIndex end) {
  while (!writer_->full() && writer_->head().size < end) {
    const EntryIndex next = writer_->head().size;
    const auto count = static_cast<std::size_t>(std::min(
        {end - next, EntryIndex{kReadEntries}, kMaxDerivedSlice - (next - writer_->stored())}));
    StatusOr<std::vector<StoredEntry>> entries = ports_.ledger.Read(next, count, kReadBytes);
    if (!entries.ok()) return Annotate(entries.status(), "reading the ledger again");
    if (entries->empty()) return DataLoss("entry " + std::to_string(next) + " is missing");
    for (const StoredEntry& entry : *entries) SVIDENCE_RETURN_IF_ERROR(Take(entry));
  }
  return OkStatus();
}

Status DerivedKeeper::Take(const StoredEntry& entry) {
  const EntryIndex index = checker_->head().size;
  if (const std::optional<Defect> defect = checker_->Check(entry)) {
    checker_.reset();
    return DataLoss("the ledger has changed since it was written: entry " + std::to_string(index) +
                    ", " + std::string(NameOf(defect->kind)) + ": " + defect->sentence);
  }
  return writer_->Add(checker_->view(), checker_->head().last_leaf);
}

}  // namespace svidence::ledger
