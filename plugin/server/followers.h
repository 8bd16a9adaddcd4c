// What works behind an open ledger: it reads what is durable, and no commit waits
// for it.
#pragma once

#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/mark_keeper.h"

namespace svidence::server {

// Made after all that it reads, gone before it.
class Followers {
 public:
  struct Ports {
    ledger::Committer& committer;
    ledger::MarkStore& marks;
  };

  Followers(const Ports& ports, const ledger::LogIdentity& identity)
      : mark_keeper_(ports.marks, identity,
                     [&committer = ports.committer] { return committer.Stats().head; }) {}

  const ledger::MarkKeeper& mark_keeper() const { return mark_keeper_; }

 private:
  ledger::MarkKeeper mark_keeper_;
};

}  // namespace svidence::server
