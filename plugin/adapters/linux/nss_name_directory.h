// Names of users and groups, as the system's name service has them: files,
// LDAP, sssd, systemd.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "attestors/base/clock.h"
#include "attestors/base/status.h"
#include "attestors/process/name_directory.h"
#include "plugin/adapters/linux/lru_cache.h"
#include "plugin/adapters/linux/single_flight.h"

namespace svidence::linux_os {

enum class NameKind { kUser, kGroup };

// One question to the name service; may block for as long as that does.
// nullopt if the id has no name. Errors: Unavailable.
// Source: getpwuid_r(3), getgrgid_r(3).
StatusOr<std::optional<std::string>> LookUpName(NameKind kind, std::uint32_t id);

// Thread-safe. Nobody may be in a call when it is destroyed.
class NssNameDirectory final : public NameDirectory {
 public:
  using LookUp = std::function<StatusOr<std::optional<std::string>>(NameKind, std::uint32_t)>;

  // How long a caller waits, and how long answers are kept: names, the news
  // that there is none, the news that nobody answers.
  static constexpr std::chrono::milliseconds kPatience{250};
  static constexpr std::int64_t kNameMillis = 30'000;
  static constexpr std::int64_t kNoNameMillis = 5'000;
  static constexpr std::int64_t kFailureMillis = 1'000;
  static constexpr std::size_t kMaxEntries = 1024;

  // `clock` must outlive this object.
  explicit NssNameDirectory(const Clock& clock, LookUp look_up = LookUpName);

  StatusOr<std::optional<std::string>> UserName(std::uint32_t uid,
                                                std::stop_token stop) const override;
  StatusOr<std::optional<std::string>> GroupName(std::uint32_t gid,
                                                 std::stop_token stop) const override;

 private:
  using Key = std::pair<NameKind, std::uint32_t>;
  using Answer = StatusOr<std::optional<std::string>>;
  struct Known {
    Answer answer;
    std::int64_t until_millis;
  };

  Answer Find(const Key& key, const std::stop_token& stop) const;
  void Keep(const Key& key, const Answer& answer) const;

  const Clock& clock_;
  const LookUp look_up_;
  mutable std::mutex mutex_;
  mutable LruCache<Key, Known> known_;
  mutable SingleFlight<Key, std::optional<std::string>> flights_;  // last: uses the others
};

}  // namespace svidence::linux_os
