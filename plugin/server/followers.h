// What works behind an open ledger: it reads what is durable, and no commit waits
// for it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attestors/base/digest.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/derived/derived_keeper.h"
#include "plugin/core/ledger/derived/derived_store.h"
#include "plugin/core/ledger/derived/derived_writer.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/mark_keeper.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/store.h"

namespace svidence::server {

// Made after all that it reads, gone before it.
class Followers {
 public:
  struct Ports {
    ledger::Committer& committer;
    ledger::MarkStore& marks;
    ledger::LedgerStore& ledger;
    const Hasher& hasher;
    const ledger::CheckpointSigner& log;
    ledger::DerivedStore* derived;  // null: none is kept
  };
  // What the start has left for them.
  struct Found {
    std::string checkpoint;  // that of the mark
    std::unique_ptr<ledger::DerivedWriter> derived;
  };

  Followers(const Ports& ports, const ledger::LogIdentity& identity, Found found);

  const ledger::MarkKeeper& mark_keeper() const { return mark_keeper_; }
  // Null: no derived state is kept.
  ledger::DerivedKeeper* derived_keeper() { return derived_keeper_ ? &*derived_keeper_ : nullptr; }

 private:
  ledger::MarkKeeper mark_keeper_;
  std::optional<ledger::DerivedKeeper> derived_keeper_;
};

}  // namespace svidence::server
