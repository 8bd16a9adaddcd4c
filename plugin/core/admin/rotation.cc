#include "plugin/core/admin/rotation.h"

#include <optional>
#include <string>

#include "attestors/base/quote.h"
#include "plugin/core/admin/agents.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_signer.h"
#include "plugin/core/revocation/recorder.h"

namespace svidence::admin {
namespace {

Status CheckReason(std::string_view reason) {
  if (ledger::IsKeyChangeReason(reason)) return OkStatus();
  std::string codes;
  for (const std::string_view code : ledger::KeyChangeReasons()) codes.append(" ").append(code);
  return InvalidArgument("reason must be one of" + codes + ", got " + Quote(reason));
}

// The signed entry of a change from `from` to `to`.
StatusOr<ledger::EntryDraft> Draft(const Ports& ports, const ledger::OwnKey& from,
                                   const ledger::OwnKey& to, const std::string& reason,
                                   const std::string& by) {
  const ledger::KeyChange change{.from = from.vkey, .to = to.vkey, .reason = reason};
  SVIDENCE_ASSIGN_OR_RETURN(
      ledger::EntryDraft draft,
      ledger::DraftKeyChanged(ports.hasher, change, *from.signer, *to.signer, by));
  SVIDENCE_RETURN_IF_ERROR(ports.signer->CheckChange(draft));
  return draft;
}

}  // namespace

StatusOr<Rotated> RotateKey(const Ports& ports, const Settings& settings, const Caller& caller,
                            const KeyRotation& rotation) {
  SVIDENCE_RETURN_IF_ERROR(CheckReason(rotation.reason));
  if (ports.signer == nullptr || ports.keys == nullptr) {
    return FailedPrecondition("this server signs no log, so there is no key to change");
  }
  const std::optional<ledger::OwnKey> from = ports.signer->current();
  if (!from) return FailedPrecondition("the log's present key is not here, so it cannot sign");
  SVIDENCE_ASSIGN_OR_RETURN(
      ledger::OwnKey to, ports.keys->OpenNext(rotation.source, ports.signer->schedule().origin()));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string by, OperatorOf(ports, caller));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::EntryDraft draft,
                            Draft(ports, *from, to, rotation.reason, by));
  const ledger::Vkey now = to.vkey;
  ports.signer->Prepare(std::move(to));
  const auto make = [&signer = *ports.signer, draft]() -> StatusOr<ledger::EntryDraft> {
    // Somebody else's change may have come first.
    SVIDENCE_RETURN_IF_ERROR(signer.CheckChange(draft));
    return draft;
  };
  revocation::CommitterLedger appender(ports.committer);
  Rotated rotated;
  SVIDENCE_ASSIGN_OR_RETURN(rotated.index, revocation::AppendAndWait(appender, ports.clock, make,
                                                                     settings.append_timeout_millis,
                                                                     revocation::Urgency::kInTurn));
  rotated.keys = ports.signer->schedule().Format(ports.hasher);
  rotated.checkpoint = ports.committer.Stats().checkpoint;
  SVIDENCE_ASSIGN_OR_RETURN(rotated.todo, ports.keys->Settle(now, rotation.source));
  return rotated;
}

}  // namespace svidence::admin
