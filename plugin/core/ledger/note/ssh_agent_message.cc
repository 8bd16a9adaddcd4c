#include "plugin/core/ledger/note/ssh_agent_message.h"

#include <algorithm>
#include <array>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

// Source: draft-miller-ssh-agent-14, section 6.1.
constexpr char kFailure = 5;
constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignResponse = 14;

constexpr std::string_view kEd25519Name = "ssh-ed25519";
constexpr std::string_view kFingerprintPrefix = "SHA256:";
constexpr std::size_t kFingerprintDigits = 43;  // base64 of 32 bytes without padding
constexpr std::size_t kMaxAgentSocketBytes = 107;
constexpr std::string_view kForm =
    "\"ssh-agent:<absolute path of its socket>#SHA256:<fingerprint, as ssh-add -l prints it>\"";

void AppendNumber(std::string& out, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xffU);
  }
}

void AppendString(std::string& out, std::string_view bytes) {
  AppendNumber(out, bytes.size());
  out += bytes;
}

// Takes fields off the front of `rest`. nullopt: it is too short for that.
std::optional<std::size_t> TakeNumber(std::string_view& rest) {
  if (rest.size() < kAgentLengthBytes) return std::nullopt;
  std::size_t number = 0;
  for (const std::uint8_t byte : BytesOf(rest.substr(0, kAgentLengthBytes))) {
    number = number << 8U | byte;
  }
  rest.remove_prefix(kAgentLengthBytes);
  return number;
}

std::optional<std::string_view> TakeString(std::string_view& rest) {
  std::string_view behind = rest;
  const std::optional<std::size_t> length = TakeNumber(behind);
  if (!length || *length > behind.size()) return std::nullopt;
  rest = behind.substr(*length);
  return behind.substr(0, *length);
}

// Exactly two strings, the first of which is "ssh-ed25519".
std::optional<std::string_view> Ed25519Field(std::string_view blob) {
  const std::optional<std::string_view> name = TakeString(blob);
  if (!name || *name != kEd25519Name) return std::nullopt;
  const std::optional<std::string_view> bytes = TakeString(blob);
  if (!bytes || !blob.empty()) return std::nullopt;
  return bytes;
}

std::string WithLength(const std::string& content) {
  std::string message;
  AppendString(message, content);
  return message;
}

// What stands behind the type of an answer of that type.
StatusOr<std::string_view> ContentOf(std::string_view answer, char type) {
  if (!answer.empty() && answer.front() == kFailure) {
    return FailedPrecondition(
        "the agent refuses: the key is not in it any more, or asks for a confirmation that nobody "
        "gives");
  }
  if (answer.empty() || answer.front() != type) {
    return InvalidArgument("the agent must answer with a message of type " +
                           std::to_string(static_cast<int>(type)) + ", got " + Quote(answer, 32));
  }
  return answer.substr(1);
}

Status Truncated() {
  return InvalidArgument("the agent's answer ends too early, or goes on behind its end");
}

bool IsFingerprint(std::string_view text) {
  if (!text.starts_with(kFingerprintPrefix)) return false;
  text.remove_prefix(kFingerprintPrefix.size());
  return text.size() == kFingerprintDigits && Base64Decode(std::string(text) + '=').ok();
}

}  // namespace

StatusOr<AgentKeyName> ParseAgentKeyName(std::string_view text) {
  const Status bad = InvalidArgument("a key in an agent must be " + std::string(kForm) + ", got " +
                                     Quote(text, 256));
  if (!text.starts_with(kAgentKeyPrefix)) return bad;
  text.remove_prefix(kAgentKeyPrefix.size());
  const std::size_t hash = text.rfind('#');
  if (hash == std::string_view::npos) return bad;
  const std::string_view socket = text.substr(0, hash);
  const std::string_view fingerprint = text.substr(hash + 1);
  const bool is_plain =
      socket.find_first_of(std::string_view("\0\n\r", 3)) == std::string_view::npos;
  if (!socket.starts_with('/') || socket.size() > kMaxAgentSocketBytes || !is_plain ||
      !IsFingerprint(fingerprint)) {
    return bad;
  }
  return AgentKeyName{.socket = std::string(socket), .fingerprint = std::string(fingerprint)};
}

std::string AgentKeyBlob(const PublicKey& key) {
  std::string blob;
  AppendString(blob, kEd25519Name);
  AppendString(blob, TextOf(key));
  return blob;
}

std::string AgentKeyFingerprint(const Hasher& hasher, std::string_view blob) {
  const std::string digest = Base64Encode(hasher.Sha256({blob}));
  return std::string(kFingerprintPrefix) + digest.substr(0, kFingerprintDigits);
}

std::optional<PublicKey> Ed25519OfBlob(std::string_view blob) {
  const std::optional<std::string_view> bytes = Ed25519Field(blob);
  PublicKey key{};
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  const auto field = BytesOf(*bytes);
  std::copy(field.begin(), field.end(), key.begin());
  return key;
}

std::string AgentKeysQuestion() { return WithLength({kRequestIdentities}); }

StatusOr<std::string> AgentSignQuestion(const PublicKey& key, std::string_view message) {
  std::string content(1, kSignRequest);
  AppendString(content, AgentKeyBlob(key));
  AppendString(content, message);
  AppendNumber(content, 0);  // no flags: they are for RSA
  if (content.size() <= kMaxAgentMessageBytes) return WithLength(content);
  return InvalidArgument("an agent takes messages of at most " +
                         std::to_string(kMaxAgentMessageBytes) + " bytes, this has " +
                         std::to_string(content.size()));
}

StatusOr<std::size_t> AgentMessageLength(std::string_view four_bytes) {
  const std::optional<std::size_t> length = TakeNumber(four_bytes);
  if (length && *length >= 1 && *length <= kMaxAgentMessageBytes) return *length;
  return InvalidArgument("an agent's message must have 1.." +
                         std::to_string(kMaxAgentMessageBytes) + " bytes, says that it has " +
                         std::to_string(length.value_or(0)));
}

StatusOr<std::vector<std::string>> ParseAgentKeys(std::string_view answer) {
  SVIDENCE_ASSIGN_OR_RETURN(std::string_view rest, ContentOf(answer, kIdentitiesAnswer));
  const std::optional<std::size_t> count = TakeNumber(rest);
  if (!count) return Truncated();
  if (*count > kMaxAgentKeys) {
    return ResourceExhausted("an agent must list at most " + std::to_string(kMaxAgentKeys) +
                             " keys, lists " + std::to_string(*count));
  }
  std::vector<std::string> blobs;
  for (std::size_t i = 0; i < *count; ++i) {
    const std::optional<std::string_view> blob = TakeString(rest);
    if (!blob || !TakeString(rest)) return Truncated();  // its comment says nothing to us
    blobs.emplace_back(*blob);
  }
  if (!rest.empty()) return Truncated();
  return blobs;
}

StatusOr<Signature> ParseAgentSignature(std::string_view answer) {
  SVIDENCE_ASSIGN_OR_RETURN(std::string_view rest, ContentOf(answer, kSignResponse));
  const std::optional<std::string_view> blob = TakeString(rest);
  if (!blob || !rest.empty()) return Truncated();
  const std::optional<std::string_view> bytes = Ed25519Field(*blob);
  Signature signature{};
  if (!bytes || bytes->size() != signature.size()) {
    return InvalidArgument(
        "the agent must answer with a signature of ssh-ed25519, which security keys (sk-) do not "
        "make");
  }
  const auto field = BytesOf(*bytes);
  std::copy(field.begin(), field.end(), signature.begin());
  return signature;
}

}  // namespace svidence::ledger
