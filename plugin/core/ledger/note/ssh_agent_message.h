// What a signer and an ssh-agent say to each other, as bytes.
//
//   message = u32 length || u8 type || content     length of what follows it
//   string  = u32 length || bytes                  all numbers big-endian
//
// Of the protocol only two questions are used: which keys there are, and a signature.
// An agent signs the very bytes that it is given, with plain Ed25519, so that a note
// signed by one is a note like any other.
// Source: draft-miller-ssh-agent-14, sections 3 to 5; RFC 8709, sections 4 and 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::ledger {

// Of a message behind its length: what OpenSSH's agent allows.
constexpr std::size_t kMaxAgentMessageBytes = std::size_t{256} * 1024;
constexpr std::size_t kAgentLengthBytes = 4;
// Keys that one agent may list.
constexpr std::size_t kMaxAgentKeys = 2048;

// The key of an agent, as a setting names it: "ssh-agent:<socket>#<fingerprint>".
struct AgentKeyName {
  std::string socket;       // an absolute path
  std::string fingerprint;  // "SHA256:" and 43 of base64, as `ssh-add -l` prints it

  friend bool operator==(const AgentKeyName&, const AgentKeyName&) = default;
};
constexpr std::string_view kAgentKeyPrefix = "ssh-agent:";
// Errors: InvalidArgument, saying what the form is, unless `text` is as above.
StatusOr<AgentKeyName> ParseAgentKeyName(std::string_view text);

// How SSH writes an Ed25519 key, and what `ssh-add -l` calls it.
std::string AgentKeyBlob(const PublicKey& key);
std::string AgentKeyFingerprint(const Hasher& hasher, std::string_view blob);
// The Ed25519 key that `blob` is; nullopt if it is one of another kind.
std::optional<PublicKey> Ed25519OfBlob(std::string_view blob);

// Whole messages, with their length.
std::string AgentKeysQuestion();
// Errors: InvalidArgument if the message would be longer than an agent takes.
StatusOr<std::string> AgentSignQuestion(const PublicKey& key, std::string_view message);

// The length that the first kAgentLengthBytes of a message announce.
// Errors: InvalidArgument unless it is 1..kMaxAgentMessageBytes.
StatusOr<std::size_t> AgentMessageLength(std::string_view four_bytes);

// The blobs that an answer, without its length, lists.
// Errors: InvalidArgument if it is no such answer; FailedPrecondition if the agent
//         says that it has failed; ResourceExhausted above kMaxAgentKeys.
StatusOr<std::vector<std::string>> ParseAgentKeys(std::string_view answer);
// The signature that an answer, without its length, holds. Whether it is one of the
// message and the key is the caller's to check.
// Errors: as ParseAgentKeys.
StatusOr<Signature> ParseAgentSignature(std::string_view answer);

}  // namespace svidence::ledger
