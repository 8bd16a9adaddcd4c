// A log's key in an ssh-agent: it signs, and cannot be taken out. OpenSSH's agent speaks
// the protocol, and so do others that keep the key on a card or on another machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/ssh_agent_message.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::linux_os {

// After a question that was not answered in time, the next ones are refused at once
// for this long: who waits for a proof learns quickly that there is none.
constexpr std::chrono::milliseconds kAgentRest{1000};

// One connection to an agent, made anew when it is lost. One caller at a time.
class SshAgent {
 public:
  // `timeout` bounds each Ask, connecting included.
  SshAgent(std::string socket, std::chrono::milliseconds timeout)
      : socket_(std::move(socket)), timeout_(timeout) {}

  // The answer to `question`, a whole message, without its length. A connection that
  // turns out to be closed is replaced once.
  // Errors: Unavailable if nobody answers in time, or at once within kAgentRest after
  //         that, or if there is no agent; InvalidArgument if what comes is none of
  //         an agent's messages.
  StatusOr<std::string> Ask(std::string_view question);

 private:
  using Instant = std::chrono::steady_clock::time_point;

  Status Connect();
  StatusOr<std::string> AskOnce(std::string_view question, Instant deadline);
  Status Write(std::string_view bytes, Instant deadline);
  Status Read(std::string& bytes, Instant deadline);
  Status Wait(short events, Instant deadline);

  const std::string socket_;
  const std::chrono::milliseconds timeout_;
  UniqueFd fd_;
  Instant rest_until_{};
};

// The public half of the key that `name` names.
// Errors: those of SshAgent::Ask; NotFound if the agent has no such key, and
//         InvalidArgument if it is no plain Ed25519 key, each with what to do.
StatusOr<ledger::PublicKey> FindAgentKey(const Hasher& hasher, const ledger::AgentKeyName& name,
                                         std::chrono::milliseconds timeout);

// Signs notes with a key of an agent. Needs no agent to be made: one that is away
// fails the signatures, not the start. Thread-safe: one signature at a time.
class SshAgentSigner final : public ledger::NoteSigner {
 public:
  // The ports must outlive this object.
  SshAgentSigner(const Hasher& hasher, const ledger::Ed25519Verifier& verifier,
                 const std::string& socket, std::chrono::milliseconds timeout, ledger::Vkey vkey);

  const std::string& name() const override { return vkey_.name; }
  std::uint32_t key_id() const override { return key_id_; }
  ledger::KeyType type() const override { return vkey_.type; }
  bool may_wait() const override { return true; }

  // Errors: those of SshAgent::Ask and of ParseAgentSignature; Unavailable also if
  //         the agent's signature is not one of this key over this message.
  StatusOr<ledger::Signature> Sign(std::string_view message) const override;

 private:
  const ledger::Ed25519Verifier& verifier_;
  const ledger::Vkey vkey_;
  const std::uint32_t key_id_;
  mutable std::mutex mutex_;
  mutable SshAgent agent_;
};

}  // namespace svidence::linux_os
