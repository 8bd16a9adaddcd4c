#include "plugin/adapters/grpc/log_limiter.h"

namespace svidence {
namespace {

// The cause under which all run that found no room.
constexpr std::string_view kOther;

}  // namespace

std::optional<std::uint64_t> LogLimiter::Admit(std::string_view cause, std::int64_t now_millis) {
  const std::lock_guard lock(mutex_);
  const auto seen = Find(cause, now_millis);
  if (seen == causes_.end()) {
    causes_.emplace(causes_.size() < kMaxCauses ? cause : kOther, Seen{now_millis, 0});
    return 0;
  }
  if (now_millis - seen->second.written_millis < kIntervalMillis) {
    ++seen->second.left_out;
    return std::nullopt;
  }
  const std::uint64_t left_out = seen->second.left_out;
  seen->second = {now_millis, 0};
  return left_out;
}

// Gives the record that `cause` runs under, or end() if it has none yet.
std::map<std::string, LogLimiter::Seen, std::less<>>::iterator LogLimiter::Find(
    std::string_view cause, std::int64_t now_millis) {
  if (const auto seen = causes_.find(cause); seen != causes_.end()) return seen;
  if (causes_.size() < kMaxCauses) return causes_.end();
  // Full: those whose interval is over go, with what they counted.
  std::erase_if(causes_, [now_millis](const auto& cause_and_seen) {
    return now_millis - cause_and_seen.second.written_millis >= kIntervalMillis;
  });
  return causes_.size() < kMaxCauses ? causes_.end() : causes_.find(kOther);
}

}  // namespace svidence
