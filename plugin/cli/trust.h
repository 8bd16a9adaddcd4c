// Which checkpoints a command believes, and where it finds them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/cli/environment.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/evaluate.h"
#include "plugin/core/ledger/note/policy.h"

namespace svidence::cli {

// Whom a caller believes: a policy, or a log's keys with their sizes.
struct TrustedLog {
  ledger::Policy policy;
  std::optional<ledger::KeySchedule> keys{};  // nullopt: a policy knows no sizes
};

// A c2sp.org/tlog-policy; or a list of a log's keys, in the simplest case its vkey
// alone, which is the policy that believes this log and asks for no witness.
// Errors: InvalidArgument if `text` is neither.
StatusOr<TrustedLog> ReadTrustedLog(const Hasher& hasher, const std::string& text);

// Of the keys that have signed, one must have been the log's at that size: a key that
// was given up, perhaps because it was stolen, signs nothing later.
// Errors: PermissionDenied if none was.
Status CheckSizes(const TrustedLog& trusted, const ledger::Evaluation& evaluation);

// `--log-key FILE` and `--policy FILE`, of which at most one is given.
struct TrustArguments {
  std::string log_key;
  std::string policy;

  bool given() const { return !log_key.empty() || !policy.empty(); }
};
// `arguments` must outlive `command`.
void AddTrustOptions(CLI::App& command, TrustArguments& arguments);

struct FoundCheckpoint {
  ledger::Checkpoint checkpoint;
  std::string note;  // verbatim
  std::string name;  // for people: where it was found
};

// `env` must outlive it.
class Trust {
 public:
  // Without arguments: a checkpoint is only read, and nobody vouches for it.
  // Errors: those of the files; InvalidArgument on another form.
  static StatusOr<Trust> Read(const Environment& env, const TrustArguments& arguments);

  bool given() const { return trusted_.has_value(); }
  // Null unless given().
  const ledger::Policy* policy() const { return trusted_ ? &trusted_->policy : nullptr; }

  // Errors: InvalidArgument if `note` is no checkpoint; DataLoss, a finding, if keys
  //         are given and have not signed it.
  StatusOr<FoundCheckpoint> Open(std::string note, std::string name) const;

  // The checkpoint in a file: a note, a tlog-proof, or an SVID with a proof.
  // Errors: also those of the file.
  StatusOr<FoundCheckpoint> OpenFile(const std::string& path) const;

  // What a published log says of itself; the checkpoint that witnesses have cosigned
  // if the policy asks for any.
  // Errors: DataLoss if it is none that is believed; those of `tiles`.
  StatusOr<FoundCheckpoint> OpenPublished(ledger::TileReader& tiles,
                                          const std::string& where) const;

 private:
  Trust(const Environment& env, std::optional<TrustedLog> trusted)
      : env_(&env), trusted_(std::move(trusted)) {}

  const Environment* env_;
  std::optional<TrustedLog> trusted_;
};

}  // namespace svidence::cli
