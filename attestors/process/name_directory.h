// Port: the names of users and groups.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "attestors/base/status.h"

namespace svidence {

// Thread-safe.
class NameDirectory {
 public:
  virtual ~NameDirectory() = default;

  // nullopt if the id has no name, which is normal, in containers above all.
  // Waits a short, bounded time, and not beyond a request of `stop`.
  //
  // Errors: DeadlineExceeded if the directory (LDAP, for instance) did not
  //         answer in time, Unavailable if it failed, ResourceExhausted if too
  //         many questions wait for it.
  virtual StatusOr<std::optional<std::string>> UserName(std::uint32_t uid,
                                                        std::stop_token stop) const = 0;
  virtual StatusOr<std::optional<std::string>> GroupName(std::uint32_t gid,
                                                         std::stop_token stop) const = 0;
};

}  // namespace svidence
