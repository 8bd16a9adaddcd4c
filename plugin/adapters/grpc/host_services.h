// What SPIRE has told about the services that it offers to this plugin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace svidence {

// The id under which the broker announces SPIRE's host services.
constexpr std::uint32_t kHostServiceId = 1;
constexpr std::size_t kMaxHostServices = 64;
constexpr std::size_t kMaxHostServiceNameBytes = 256;
// sun_path of a Unix address, its last zero left out.
constexpr std::size_t kMaxSocketPathBytes = 107;

struct HostServices {
  // Full names, e.g. "spire.hostservice.common.metrics.v1.Metrics".
  std::vector<std::string> names;
  // Absolute path of the Unix socket; empty while unknown.
  std::string address;

  friend bool operator==(const HostServices&, const HostServices&) = default;
};

// The names come with Init, the address on the broker's stream, in any order
// and once only. Thread-safe.
class HostServicesRecord {
 public:
  // `changed` is called after each change, on the thread that made it.
  explicit HostServicesRecord(std::function<void(const HostServices&)> changed)
      : changed_(std::move(changed)) {}

  // Keeps at most kMaxHostServices names of at most kMaxHostServiceNameBytes:
  // those of a host that sends more are of no use to us.
  void SetNames(std::vector<std::string> names);
  // Ignores a text that is no absolute path of at most kMaxSocketPathBytes;
  // false then.
  bool SetAddress(const std::string& address);
  HostServices Get() const;

 private:
  const std::function<void(const HostServices&)> changed_;
  mutable std::mutex mutex_;
  HostServices known_;
};

}  // namespace svidence
