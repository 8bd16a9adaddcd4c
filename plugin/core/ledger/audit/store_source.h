// A ledger's database as a source of entries.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "plugin/core/ledger/audit/source.h"

namespace svidence::ledger {

class StoreSource final : public EntrySource {
 public:
  using Open = std::function<StatusOr<std::unique_ptr<LedgerStore>>()>;

  // `open` gives one reading store after the other, each for a thread of its own.
  // `store` is the first; beside a writer, its end when Size() is asked is what counts.
  StoreSource(std::unique_ptr<LedgerStore> store, Open open)
      : store_(std::move(store)), open_(std::move(open)) {}

  StatusOr<std::optional<EntryIndex>> Size() override;
  StatusOr<std::unique_ptr<EntryReader>> OpenReader() override;
  StatusOr<std::optional<Defect>> CheckEnd(const Head& found) override;

 private:
  std::unique_ptr<LedgerStore> store_;
  Open open_;
  StatusOr<Head> stored_ = Head{};
};

}  // namespace svidence::ledger
