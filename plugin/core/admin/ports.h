// What administration works on: a server whose ledger is open.
#pragma once

#include <cstdint>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "plugin/core/admin/key_ring.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/log_signer.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/registry/registry.h"
#include "plugin/core/revocation/revocations.h"
#include "plugin/core/sponsor/directory.h"

namespace svidence::admin {

struct Ports {
  ledger::LedgerStore& store;
  ledger::Committer& committer;
  ledger::MarkStore& marks;
  registry::Registry& registry;
  revocation::Revocations& revocations;
  sponsor::Directory& directory;
  const Hasher& hasher;
  const Clock& clock;
  // The keys of the log. Null: the ledger signs nothing, and no key can be changed.
  ledger::LogSigner* signer = nullptr;
  KeyRing* keys = nullptr;
  // Null: a ledger whose key was changed does not verify.
  const ledger::Ed25519Verifier* verifier = nullptr;
};

struct Settings {
  std::string server_id;
  std::string ledger_dir;  // shown only
  std::string agent_prefix = "/agent";
  bool allow_unsigned = false;
  // Start values of an agent that is registered with a sponsor.
  trust::Score start_score = 7000;
  trust::DecayRule start_rule{.half_life = 86400, .floor = 1000, .hold = 0};
  std::int64_t append_timeout_millis = 5000;
};

}  // namespace svidence::admin
