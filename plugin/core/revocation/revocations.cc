#include "plugin/core/revocation/revocations.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "attestors/base/quote.h"
#include "plugin/core/registry/drafts.h"
#include "plugin/core/registry/records.h"

namespace svidence::revocation {
namespace {

// Longest sleep of the worker, so that a clock that jumps does no harm.
constexpr std::int64_t kMaxSleepMillis = 60000;

}  // namespace

class Revocations::Impl {
 public:
  Impl(Ports ports, Settings settings)
      : ports_(ports),
        settings_(std::move(settings)),
        recorder_({ports.ledger, ports.registry, ports.spool, ports.clock, wake_}, settings_),
        deletions_(ports.entries, ports.clock, settings_) {}

  Status Start() {
    SVIDENCE_RETURN_IF_ERROR(recorder_.Load());
    // A run that ended between ledger and SPIRE left entries behind.
    for (const std::string& text : ports_.registry.ListRevoked()) {
      const StatusOr<SpiffeId> id = SpiffeId::Parse(text);
      if (id.ok() && Check(*id).ok()) deletions_.Plan(*id);
    }
    return OkStatus();
  }

  Status Check(const SpiffeId& id) const {
    if (id.trust_domain() != settings_.trust_domain) {
      return InvalidArgument("only identities of trust domain " + Quote(settings_.trust_domain) +
                             " can be revoked here, got " + Quote(id.text(), 256));
    }
    if (!registry::IsBelow(id, settings_.agent_prefix)) {
      return InvalidArgument("only identities below " + Quote(settings_.agent_prefix) +
                             " are agents and can be revoked, got " + Quote(id.text(), 256));
    }
    return OkStatus();
  }

  StatusOr<Outcome> Revoke(const Order& order) {
    SVIDENCE_RETURN_IF_ERROR(Check(order.id));
    SVIDENCE_ASSIGN_OR_RETURN(const Claim claim, Claim::Take(*this, order.id.text()));
    Outcome outcome;
    if (const auto index = ports_.registry.RevokedIn(order.id.text())) {
      outcome.already = true;
      outcome.recorded = true;
      outcome.index = index;
    } else {
      SVIDENCE_ASSIGN_OR_RETURN(outcome,
                                recorder_.Record({order.id.text(), order.reason, order.by}));
    }
    deletions_.Plan(order.id);
    wake_->Notify();
    return outcome;
  }

  StatusOr<ledger::EntryIndex> Restore(const Order& order) {
    SVIDENCE_RETURN_IF_ERROR(Check(order.id));
    SVIDENCE_ASSIGN_OR_RETURN(
        const ledger::EntryDraft draft,
        registry::DraftRestored(order.id, registry::AgentNameOf(order.id, settings_.agent_prefix),
                                order.reason, order.by));
    SVIDENCE_ASSIGN_OR_RETURN(const Claim claim, Claim::Take(*this, order.id.text()));
    if (!ports_.registry.IsRevoked(order.id.text())) {
      return FailedPrecondition("this identity is not revoked: " + Quote(order.id.text(), 256));
    }
    if (!ports_.registry.RevokedIn(order.id.text())) {
      SVIDENCE_ASSIGN_OR_RETURN(const Outcome outcome,
                                recorder_.Record({order.id.text(), "unspecified", order.by}));
      if (!outcome.recorded) {
        return Unavailable("the revocation itself is not in the ledger yet: " +
                           outcome.ledger_trouble);
      }
    }
    SVIDENCE_RETURN_IF_ERROR(deletions_.Pause(order.id, settings_.ledger_wait_millis));
    StatusOr<ledger::EntryIndex> index = AppendAndWait(
        ports_.ledger, ports_.clock, [draft] { return StatusOr<ledger::EntryDraft>(draft); },
        settings_.ledger_wait_millis, Urgency::kAhead);
    if (index.ok()) {
      deletions_.Cancel(order.id);
    } else {
      deletions_.Resume(order.id);
      wake_->Notify();
    }
    return index;
  }

  StatusOr<std::vector<SpireEntry>> Preview(const SpiffeId& id) {
    SVIDENCE_RETURN_IF_ERROR(Check(id));
    return ports_.entries.List(id, kMaxEntriesPerRound);
  }

  Deletion WaitForDeletion(const SpiffeId& id, std::int64_t millis) {
    return deletions_.Wait(id, millis);
  }

  std::int64_t RunDue() { return std::min(recorder_.RunDue(), deletions_.RunDue()); }

  void Work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::int64_t next = RunDue();
      const std::int64_t now = ports_.clock.MonotonicMillis();
      if (next > now) wake_->Wait(stop, std::min(next - now, kMaxSleepMillis));
    }
  }

  Stats GetStats() const {
    return {recorder_.pending(), deletions_.pending(), recorder_.trouble(), deletions_.trouble()};
  }

 private:
  // One change of an ID at a time.
  class Claim {
   public:
    static StatusOr<Claim> Take(Impl& owner, const std::string& id) {
      const std::scoped_lock lock(owner.mutex_);
      if (!owner.busy_.insert(id).second) {
        return FailedPrecondition("another call is changing this identity: " + Quote(id, 256));
      }
      return Claim(owner, id);
    }
    Claim(Claim&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), id_(std::move(other.id_)) {}
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (owner_ == nullptr) return;
      const std::scoped_lock lock(owner_->mutex_);
      owner_->busy_.erase(id_);
    }

   private:
    Claim(Impl& owner, std::string id) : owner_(&owner), id_(std::move(id)) {}
    Impl* owner_;
    std::string id_;
  };

  Ports ports_;
  const Settings settings_;
  const std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
  Recorder recorder_;
  Deletions deletions_;
  std::mutex mutex_;
  std::set<std::string> busy_;
};

StatusOr<std::unique_ptr<Revocations>> Revocations::Open(Ports ports, Settings settings) {
  auto impl = std::make_unique<Impl>(ports, std::move(settings));
  SVIDENCE_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Revocations>(new Revocations(std::move(impl)));
}

Revocations::Revocations(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Revocations::~Revocations() = default;

StatusOr<Outcome> Revocations::Revoke(const Order& order) { return impl_->Revoke(order); }
StatusOr<ledger::EntryIndex> Revocations::Restore(const Order& order) {
  return impl_->Restore(order);
}
StatusOr<std::vector<SpireEntry>> Revocations::Preview(const SpiffeId& id) {
  return impl_->Preview(id);
}
Status Revocations::Check(const SpiffeId& id) const { return impl_->Check(id); }
Deletion Revocations::WaitForDeletion(const SpiffeId& id, std::int64_t millis) {
  return impl_->WaitForDeletion(id, millis);
}
std::int64_t Revocations::RunDue() { return impl_->RunDue(); }
void Revocations::Work(const std::stop_token& stop) { impl_->Work(stop); }
Stats Revocations::GetStats() const { return impl_->GetStats(); }

}  // namespace svidence::revocation
