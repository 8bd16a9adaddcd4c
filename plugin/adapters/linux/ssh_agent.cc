#include "plugin/adapters/linux/ssh_agent.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/unix_socket.h"

namespace svidence::linux_os {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kFix = "the setting log_key names its socket";
constexpr std::size_t kMaxShown = 256;

// An agent that is away is no reason to give up the ledger.
Status Away(const Status& status) { return Unavailable(Message(status)); }

Status Closed() { return Unavailable("the ssh-agent has closed the connection"); }

}  // namespace

Status SshAgent::Connect() {
  StatusOr<UniqueFd> fd = ConnectUnixSocket(socket_, "ssh-agent", kFix);
  if (!fd.ok()) return Away(fd.status());
  fd_ = *std::move(fd);
  return OkStatus();
}

Status SshAgent::Wait(short events, Instant deadline) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds(0)) break;
    pollfd waiting{.fd = fd_.get(), .events = events, .revents = 0};
    const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return OkStatus();
    if (ready < 0 && errno != EINTR) return Away(ErrnoStatus(errno, "waiting for", socket_));
  }
  rest_until_ = steady_clock::now() + kAgentRest;
  return Unavailable("the ssh-agent at " + Quote(socket_, kMaxShown) + " must answer within " +
                     std::to_string(timeout_.count()) +
                     " ms, it did not: does it wait for a person?");
}

Status SshAgent::Write(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const ssize_t put = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      SVIDENCE_RETURN_IF_ERROR(Wait(POLLOUT, deadline));
    } else if (errno != EINTR) {
      return Closed();
    }
  }
  return OkStatus();
}

// Fills `bytes`.
Status SshAgent::Read(std::string& bytes, Instant deadline) {
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = recv(fd_.get(), bytes.data() + have, bytes.size() - have, 0);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got == 0) {
      return Closed();
    } else if (errno == EAGAIN) {
      SVIDENCE_RETURN_IF_ERROR(Wait(POLLIN, deadline));
    } else if (errno != EINTR) {
      return Closed();
    }
  }
  return OkStatus();
}

StatusOr<std::string> SshAgent::AskOnce(std::string_view question, Instant deadline) {
  SVIDENCE_RETURN_IF_ERROR(Write(question, deadline));
  std::string length(ledger::kAgentLengthBytes, '\0');
  SVIDENCE_RETURN_IF_ERROR(Read(length, deadline));
  SVIDENCE_ASSIGN_OR_RETURN(const std::size_t size, ledger::AgentMessageLength(length));
  std::string answer(size, '\0');
  SVIDENCE_RETURN_IF_ERROR(Read(answer, deadline));
  return answer;
}

StatusOr<std::string> SshAgent::Ask(std::string_view question) {
  const Instant now = steady_clock::now();
  if (now < rest_until_) {
    return Unavailable("the ssh-agent at " + Quote(socket_, kMaxShown) +
                       " has just left a question unanswered; it is asked again soon");
  }
  const Instant deadline = now + timeout_;
  const bool was_connected = fd_.valid();
  if (!was_connected) SVIDENCE_RETURN_IF_ERROR(Connect());
  StatusOr<std::string> answer = AskOnce(question, deadline);
  const bool timed_out = rest_until_ > now;
  if (!answer.ok() && was_connected && !timed_out) {
    // The agent may have been started anew since the last question.
    SVIDENCE_RETURN_IF_ERROR(Connect());
    answer = AskOnce(question, deadline);
  }
  // What comes late must not be taken for the answer to the next question.
  if (!answer.ok()) fd_ = UniqueFd();
  return answer;
}

StatusOr<ledger::PublicKey> FindAgentKey(const Hasher& hasher, const ledger::AgentKeyName& name,
                                         milliseconds timeout) {
  SshAgent agent(name.socket, timeout);
  SVIDENCE_ASSIGN_OR_RETURN(const std::string answer, agent.Ask(ledger::AgentKeysQuestion()));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<std::string> blobs, ledger::ParseAgentKeys(answer));
  const auto found = std::find_if(blobs.begin(), blobs.end(), [&](const std::string& blob) {
    return ledger::AgentKeyFingerprint(hasher, blob) == name.fingerprint;
  });
  if (found == blobs.end()) {
    return NotFound("the ssh-agent at " + Quote(name.socket, kMaxShown) + " has no key " +
                    Quote(name.fingerprint) + " among its " + std::to_string(blobs.size()) +
                    ": add it with ssh-add");
  }
  const std::optional<ledger::PublicKey> key = ledger::Ed25519OfBlob(*found);
  if (key) return *key;
  return InvalidArgument("the key " + Quote(name.fingerprint) +
                         " must be of the type ssh-ed25519: other types, sk- keys among them, "
                         "do not sign notes");
}

SshAgentSigner::SshAgentSigner(const Hasher& hasher, const ledger::Ed25519Verifier& verifier,
                               const std::string& socket, milliseconds timeout, ledger::Vkey vkey)
    : verifier_(verifier),
      vkey_(std::move(vkey)),
      key_id_(ledger::KeyId(hasher, vkey_)),
      agent_(socket, timeout) {}

StatusOr<ledger::Signature> SshAgentSigner::Sign(std::string_view message) const {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string question,
                            ledger::AgentSignQuestion(vkey_.key, message));
  const std::lock_guard lock(mutex_);
  SVIDENCE_ASSIGN_OR_RETURN(const std::string answer, agent_.Ask(question));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Signature signature, ledger::ParseAgentSignature(answer));
  if (verifier_.Verify(vkey_.key, message, signature)) return signature;
  return Unavailable(
      "the ssh-agent has answered with a signature that is not one of the log's key");
}

}  // namespace svidence::linux_os
