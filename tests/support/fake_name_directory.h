// Names of users and groups on a table, with faults.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "attestors/process/name_directory.h"

namespace svidence::testing {

// Thread-safe once it is set up.
class FakeNameDirectory final : public NameDirectory {
 public:
  void AddUser(std::uint32_t uid, std::string name) { users_[uid] = std::move(name); }
  void AddGroup(std::uint32_t gid, std::string name) { groups_[gid] = std::move(name); }
  void FailWith(Status error) { error_ = std::move(error); }

  StatusOr<std::optional<std::string>> UserName(std::uint32_t uid,
                                                std::stop_token /*stop*/) const override {
    return Find(users_, uid);
  }
  StatusOr<std::optional<std::string>> GroupName(std::uint32_t gid,
                                                 std::stop_token /*stop*/) const override {
    return Find(groups_, gid);
  }

 private:
  using Table = std::map<std::uint32_t, std::string>;

  StatusOr<std::optional<std::string>> Find(const Table& table, std::uint32_t id) const {
    if (!error_.ok()) return error_;
    const auto found = table.find(id);
    if (found == table.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }

  Table users_;
  Table groups_;
  Status error_;
};

}  // namespace svidence::testing
