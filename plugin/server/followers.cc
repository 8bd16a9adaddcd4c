#include "plugin/server/followers.h"

#include <utility>

namespace svidence::server {

Followers::Followers(const Ports& ports, const ledger::LogIdentity& identity, Found found)
    : mark_keeper_(
          ports.marks, identity, std::move(found.checkpoint), [&committer = ports.committer] {
            ledger::CommitterStats stats = committer.Stats();
            return ledger::Durable{.head = stats.head, .checkpoint = std::move(stats.checkpoint)};
          }) {
  if (ports.derived == nullptr) return;
  derived_keeper_.emplace(
      ledger::DerivedKeeper::Ports{
          .ledger = ports.ledger,
          .derived = *ports.derived,
          .hasher = ports.hasher,
          .log = ports.log,
          .durable_head = [&committer = ports.committer] { return committer.Stats().head; }},
      identity.uuid, std::move(found.derived));
}

}  // namespace svidence::server
