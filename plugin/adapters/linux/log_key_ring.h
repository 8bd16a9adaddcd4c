// The log's signing key: in a file of this server's, or in an ssh-agent.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/admin/key_ring.h"
#include "plugin/core/ledger/log_signer.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/ssh_agent_message.h"

namespace svidence::linux_os {

// Thread-safe.
class LogKeyRing final : public admin::KeyRing {
 public:
  // Behind the path of a key file: the key that follows it, until it takes its place.
  static constexpr const char* kNextSuffix = ".next";

  // `source` is the setting log_key: an absolute path, or a key in an agent, which is
  // waited for at most `agent_timeout`. The ports must outlive this object.
  LogKeyRing(const Hasher& hasher, const ledger::Ed25519Verifier& verifier, std::string source,
             std::chrono::milliseconds agent_timeout)
      : hasher_(hasher),
        verifier_(verifier),
        source_(std::move(source)),
        agent_timeout_(agent_timeout) {}

  // The key of a log that has not begun; a file that is not there is made, with
  // rights 0600.
  // Errors: FailedPrecondition if the file belongs to another user or can be read by
  //         others, each with what to do; InvalidArgument if it holds no Ed25519 key;
  //         those of FindAgentKey.
  StatusOr<ledger::PublicKey> Begin();

  // The key for a log that is signed by `current` now. A change of keys that ended
  // before its file was put in place is brought to its end here. An agent is not
  // asked: it may be away.
  // Errors: as Begin; FailedPrecondition if the file is missing, or if the agent's
  //         key is another one.
  StatusOr<ledger::PublicKey> Find(const ledger::Vkey& current);

  // Signs as `vkey`, which Begin or Find has found.
  // Errors: as Find.
  StatusOr<ledger::OwnKey> Open(const ledger::Vkey& vkey);

  StatusOr<ledger::OwnKey> OpenNext(std::string_view source, std::string_view origin) override;
  StatusOr<std::string> Settle(const ledger::Vkey& now, std::string_view source) override;

 private:
  bool in_agent() const { return source_.starts_with(ledger::kAgentKeyPrefix); }
  std::string NextPath() const { return source_ + kNextSuffix; }
  StatusOr<ledger::OwnKey> OpenNextInAgent(std::string_view source, std::string_view origin);
  // True if the key behind kNextSuffix was `now`, and is in its place.
  StatusOr<bool> PutInPlace(const ledger::Vkey& now);

  const Hasher& hasher_;
  const ledger::Ed25519Verifier& verifier_;
  const std::string source_;
  const std::chrono::milliseconds agent_timeout_;
  std::mutex files_;  // one call at a time makes and moves them
};

}  // namespace svidence::linux_os
