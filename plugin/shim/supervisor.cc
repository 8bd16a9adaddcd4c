#include "plugin/shim/supervisor.h"

#include <algorithm>
#include <utility>

#include "plugin/shim/protocol.h"

namespace svidence::shim {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr Duration kSilence = milliseconds(kHeartbeatTimeoutMillis);
// For a daemon that has closed its end or said that it failed, so that its own
// exit status can be told.
constexpr Duration kGrace = milliseconds(200);
// One round, so that a daemon that never stops talking does not keep us.
constexpr int kMaxEventsPerRound = 64;

std::string InMillis(Duration duration) {
  return std::to_string(duration_cast<milliseconds>(duration).count()) + " ms";
}

}  // namespace

Supervisor::Supervisor(Settings settings, Daemon& daemon, Logger& log, Time now)
    : settings_(settings),
      daemon_(daemon),
      log_(log),
      give_up_at_(now + settings.ready_timeout),
      start_at_(now) {}

void Supervisor::Start(Time now) {
  Result<Fd> control = daemon_.Start();
  if (!control.ok()) {
    GoDown(control.error(), now);
    return;
  }
  link_.emplace(*std::move(control));
  phase_ = Phase::kStarting;
  started_at_ = now;
  heard_.reset();
  served_.reset();
  // A new socket has room for one packet; if the daemon is gone, its end tells.
  (void)link_->SendHello(settings_.plugin_type, state_.get());
}

void Supervisor::OnControl(Time now) {
  for (int i = 0; link_ && verdict_ == Verdict::kGoOn && i < kMaxEventsPerRound; ++i) {
    LinkEvent event = link_->Receive();
    if (event.kind == LinkEvent::Kind::kNothing) return;
    Handle(std::move(event), now);
  }
}

void Supervisor::Handle(LinkEvent event, Time now) {
  heard_ = now;
  switch (event.kind) {
    case LinkEvent::Kind::kNothing:
    case LinkEvent::Kind::kHeartbeat:
      return;
    case LinkEvent::Kind::kTaken:
      ++taken_;
      return;
    case LinkEvent::Kind::kReady:
      return BecomeReady(now);
    case LinkEvent::Kind::kState:
      state_ = std::move(event.state);
      return;
    case LinkEvent::Kind::kShutdown:
      verdict_ = Verdict::kShutdown;
      return;
    case LinkEvent::Kind::kIgnored:
      return log_.Log(Level::kError, event.text);
    case LinkEvent::Kind::kFailed:
      return Lose({.text = "the daemon cannot serve: " + event.text}, kGrace, now);
    case LinkEvent::Kind::kClosed:
      return Lose({.text = "the daemon has closed its link", .permanent = false}, kGrace, now);
    case LinkEvent::Kind::kBroken:
      return Lose({.text = "the link to the daemon is broken: " + event.text}, Duration::zero(),
                  now);
  }
}

void Supervisor::BecomeReady(Time now) {
  if (phase_ != Phase::kStarting) return;
  phase_ = Phase::kReady;
  served_ = now;
  log_.Log(Level::kInfo, "the daemon is ready after " + InMillis(now - started_at_));
  was_ready_ = true;
}

void Supervisor::Lose(Error why, Duration grace, Time now) {
  link_.reset();
  if (daemon_.death_fd() < 0) return GoDown(why, now);
  phase_ = Phase::kEnding;
  lost_why_ = std::move(why.text);
  kill_at_ = now + grace;
}

void Supervisor::OnDeath(Time now) {
  OnControl(now);  // its last words: a reason, a state, Shutdown
  link_.reset();
  const std::string how = daemon_.Reap();
  const std::string why = lost_why_.empty() ? how : lost_why_ + "; " + how;
  lost_why_.clear();
  GoDown({.text = why}, now);
}

void Supervisor::GoDown(const Error& why, Time now) {
  phase_ = Phase::kDown;
  kill_at_ = kNever;
  if (verdict_ != Verdict::kGoOn) return;
  reason_ = why.text;
  if (why.permanent && !was_ready_) {
    verdict_ = Verdict::kGiveUp;
    return;
  }
  const Duration wait = backoff_.Next(served_ ? now - *served_ : Duration::zero());
  served_.reset();
  start_at_ = now + wait;
  // Before the first handshake nothing was lost: the daemon beside us starts.
  log_.Log(was_ready_ ? Level::kError : Level::kDebug, reason_ + "; next try in " + InMillis(wait));
}

Time Supervisor::SilenceDeadline() const {
  if (heard_) return *heard_ + kSilence;
  return started_at_ + settings_.ready_timeout;
}

void Supervisor::OnTime(Time now) {
  if (!was_ready_ && now >= give_up_at_ && verdict_ == Verdict::kGoOn) {
    verdict_ = Verdict::kGiveUp;
    reason_ = "no daemon was ready within " + InMillis(settings_.ready_timeout) +
              (reason_.empty() ? "" : "; the last one: " + reason_);
  }
  if (verdict_ != Verdict::kGoOn) return;
  if (link_ && now >= SilenceDeadline()) {
    const Duration silence = heard_ ? kSilence : settings_.ready_timeout;
    Lose({.text = "the daemon was silent for " + InMillis(silence), .permanent = false},
         Duration::zero(), now);
  }
  if (phase_ == Phase::kEnding && now >= kill_at_) {
    daemon_.Kill();
    kill_at_ = kNever;
  }
  if (phase_ == Phase::kDown && now >= start_at_) Start(now);
}

Time Supervisor::NextDeadline() const {
  Time next = was_ready_ ? kNever : give_up_at_;
  if (phase_ == Phase::kDown) next = std::min(next, start_at_);
  if (phase_ == Phase::kEnding) next = std::min(next, kill_at_);
  if (link_) next = std::min(next, SilenceDeadline());
  return next;
}

void Supervisor::Forgive(Duration pause) {
  if (heard_) *heard_ += pause;
  started_at_ += pause;
  if (!was_ready_) give_up_at_ += pause;
}

void Supervisor::Leave() {
  if (link_) {
    ControlLink link = *std::exchange(link_, std::nullopt);
    daemon_.Leave(std::move(link));
  } else {
    daemon_.Leave();
  }
  phase_ = Phase::kDown;
}

}  // namespace svidence::shim
