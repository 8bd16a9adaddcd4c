#include "plugin/cli/trust.h"

#include <utility>

#include "attestors/base/quote.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/cli/inspection.h"
#include "plugin/core/ledger/note/evaluate.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/tlog_proof.h"
#include "plugin/core/ledger/publish/place.h"

namespace svidence::cli {
namespace {

constexpr std::size_t kMaxShownPath = 256;

// The note in any of the files that carry one.
StatusOr<std::string> NoteIn(const Environment& env, std::string bytes) {
  if (bytes.starts_with("c2sp.org/tlog-proof")) {
    SVIDENCE_ASSIGN_OR_RETURN(ledger::TlogProof proof, ledger::ParseTlogProof(bytes));
    return std::move(proof.checkpoint);
  }
  if (ledger::ParseNote(bytes).ok()) return bytes;
  const StatusOr<Inspection> svid = Inspect(
      bytes,
      {.oid_base = kDefaultOidBase, .claim = "svidence", .now_millis = env.clock.UnixMillis()},
      env.hasher);
  if (!svid.ok()) return InvalidArgument("it is no checkpoint, no tlog-proof and no SVID");
  if (!svid->record || svid->record->proof.empty()) {
    return InvalidArgument("the SVID has no ledger proof");
  }
  SVIDENCE_ASSIGN_OR_RETURN(ledger::TlogProof proof, ledger::ParseTlogProof(svid->record->proof));
  return std::move(proof.checkpoint);
}

// The lines of a list of keys begin with one; no keyword of a policy has a plus sign.
bool IsKeyList(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t\r\n")).find('+') != std::string_view::npos;
}

}  // namespace

StatusOr<TrustedLog> ReadTrustedLog(const Hasher& hasher, const std::string& text) {
  if (!IsKeyList(text)) {
    SVIDENCE_ASSIGN_OR_RETURN(ledger::Policy policy, ledger::Policy::Parse(hasher, text));
    return TrustedLog{.policy = std::move(policy)};
  }
  const std::string list = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  SVIDENCE_ASSIGN_OR_RETURN(ledger::KeySchedule keys, ledger::KeySchedule::Parse(hasher, list));
  std::string lines;
  for (const ledger::LogKey& key : keys.keys()) {
    lines += "log " + ledger::FormatVkey(hasher, key.key.vkey) + '\n';
  }
  SVIDENCE_ASSIGN_OR_RETURN(ledger::Policy policy,
                            ledger::Policy::Parse(hasher, lines + "quorum none\n"));
  return TrustedLog{.policy = std::move(policy), .keys = std::move(keys)};
}

Status CheckSizes(const TrustedLog& trusted, const ledger::Evaluation& evaluation) {
  if (!trusted.keys) return OkStatus();
  Status first;
  for (const ledger::TrustedKey& log : evaluation.logs) {
    const Status may = trusted.keys->CheckMaySign(log.vkey.key, evaluation.checkpoint.size);
    if (may.ok()) return OkStatus();
    if (first.ok()) first = may;
  }
  return first;
}

void AddTrustOptions(CLI::App& command, TrustArguments& arguments) {
  auto* key = command.add_option("--log-key", arguments.log_key,
                                 "The log's verifier key, as `svidence ledger key` prints it");
  auto* policy = command.add_option("--policy", arguments.policy,
                                    "Instead: logs, witnesses and quorum (c2sp.org/tlog-policy)");
  key->type_name("FILE")->excludes(policy);
  policy->type_name("FILE")->excludes(key);
}

StatusOr<Trust> Trust::Read(const Environment& env, const TrustArguments& arguments) {
  if (!arguments.given()) return Trust(env, std::nullopt);
  const std::string& path = arguments.policy.empty() ? arguments.log_key : arguments.policy;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text, env.read_file(path, ledger::kMaxPolicyBytes));
  StatusOr<TrustedLog> trusted = ReadTrustedLog(env.hasher, text);
  if (!trusted.ok()) return Annotate(trusted.status(), Quote(path, kMaxShownPath));
  return Trust(env, *std::move(trusted));
}

StatusOr<FoundCheckpoint> Trust::Open(std::string note, std::string name) const {
  FoundCheckpoint found{.checkpoint = {}, .note = std::move(note), .name = std::move(name)};
  if (!trusted_) {
    SVIDENCE_ASSIGN_OR_RETURN(const ledger::SignedNote parsed, ledger::ParseNote(found.note));
    SVIDENCE_ASSIGN_OR_RETURN(found.checkpoint, ledger::ParseCheckpoint(parsed.text));
    return found;
  }
  const openssl::OpenSslEd25519Verifier verifier;
  const auto now = static_cast<ledger::UnixSeconds>(env_->clock.UnixMillis() / 1000);
  SVIDENCE_ASSIGN_OR_RETURN(ledger::Evaluation evaluation,
                            ledger::Evaluate(trusted_->policy, found.note,
                                             {.verifier = verifier, .limit = {.now = now}}));
  if (!evaluation.holds()) return DataLoss(found.name + ": " + evaluation.sentence);
  const Status sizes = CheckSizes(*trusted_, evaluation);
  if (!sizes.ok()) return DataLoss(found.name + ": " + Message(sizes));
  found.checkpoint = std::move(evaluation.checkpoint);
  return found;
}

StatusOr<FoundCheckpoint> Trust::OpenFile(const std::string& path) const {
  const std::string name = Quote(path, kMaxShownPath);
  SVIDENCE_ASSIGN_OR_RETURN(std::string bytes,
                            env_->read_file(path, openssl::kMaxCertificateInputBytes));
  StatusOr<std::string> note = NoteIn(*env_, std::move(bytes));
  if (!note.ok()) return Annotate(note.status(), "reading a checkpoint from " + name);
  StatusOr<FoundCheckpoint> found = Open(*std::move(note), "the checkpoint in " + name);
  if (found.ok() || found.status().code() == StatusCode::kDataLoss) return found;
  return Annotate(found.status(), "reading a checkpoint from " + name);
}

StatusOr<FoundCheckpoint> Trust::OpenPublished(ledger::TileReader& tiles,
                                               const std::string& where) const {
  const bool witnessed = trusted_ && trusted_->policy.wants_witnesses();
  StatusOr<std::string> note =
      tiles.Read(witnessed ? ledger::kWitnessedCheckpointPath : ledger::kCheckpointPath,
                 ledger::kMaxNoteBytes);
  if (!note.ok()) return Annotate(note.status(), "reading the checkpoint of " + where);
  StatusOr<FoundCheckpoint> found = Open(*std::move(note), "the published checkpoint");
  if (found.ok() || found.status().code() == StatusCode::kDataLoss) return found;
  return DataLoss("the published checkpoint is none: " + Message(found.status()));
}

}  // namespace svidence::cli
