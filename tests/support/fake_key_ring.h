// Keys in memory, with faults.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugin/core/admin/key_ring.h"
#include "tests/support/key_changes.h"

namespace svidence::testing {

// Not thread-safe. The source "2" is the key of that seed; empty: of seed 9.
class FakeKeyRing final : public admin::KeyRing {
 public:
  explicit FakeKeyRing(const KeyChanges& keys) : keys_(keys) {}

  void FailWith(Status error) { error_ = std::move(error); }

  StatusOr<ledger::OwnKey> OpenNext(std::string_view source, std::string_view /*origin*/) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    return keys_.Own(source.empty() ? 9 : static_cast<std::uint8_t>(source.front() - '0'));
  }
  StatusOr<std::string> Settle(const ledger::Vkey& now, std::string_view source) override {
    settled.push_back(now);
    return source.empty() ? std::string() : "set log_key";
  }

  std::vector<ledger::Vkey> settled;

 private:
  const KeyChanges& keys_;
  Status error_;
};

}  // namespace svidence::testing
