// What shim and daemon say to each other over the control socket.
//
// A SOCK_SEQPACKET Unix socket; one message is one packet of one Header and, in
// kHello and kFailed, text behind it. Both sides are of one build, so the byte
// order is the machine's; a peer of another version is refused by name.
// docs/formats/shim-protocol.md tells the life of a connection.
#pragma once

#include <cstddef>
#include <cstdint>

namespace svidence::shim {

constexpr std::uint32_t kMagic = 0x53565348;  // "SVSH"
constexpr std::uint16_t kProtocolVersion = 1;
// Longest text behind a header, in bytes.
constexpr std::size_t kMaxText = 512;
// The daemon's end of the control socket when the shim starts it, which the
// environment variable, with the value "1", tells.
constexpr int kControlFd = 3;
constexpr const char* kShimVariable = "SVIDENCE_SHIM";
// Longest saved state, in bytes.
constexpr std::size_t kMaxStateBytes = std::size_t{4} * 1024 * 1024;

constexpr int kHeartbeatMillis = 1000;
constexpr int kHeartbeatTimeoutMillis = 5000;
constexpr int kSpawnReadyTimeoutMillis = 20000;
constexpr int kConnectReadyTimeoutMillis = 50000;
constexpr int kHoldConnectionMillis = 10000;
constexpr std::size_t kMaxHeldConnections = 64;

enum class MessageType : std::uint16_t {
  // Shim to daemon, first: text = plugin type ("CredentialComposer"). With a
  // descriptor: the state that an earlier daemon saved (kState).
  kHello = 1,
  // Shim to daemon, with a descriptor: a connection of the host.
  kConnection = 2,
  // Shim to daemon: the host is going; end this link, drop nothing durable.
  kGoodbye = 3,
  // Daemon to shim: serving; connections may come.
  kReady = 16,
  // Daemon to shim, every kHeartbeatMillis.
  kHeartbeat = 17,
  // Daemon to shim, with a descriptor: a sealed memfd of at most kMaxStateBytes
  // that the shim keeps, unread, and gives to each later daemon.
  kState = 18,
  // Daemon to shim: the host has called Shutdown and has its answer; go.
  kShutdown = 19,
  // Daemon to shim: cannot serve at all; text = the reason.
  kFailed = 20,
  // Daemon to shim, once for each kConnection and in their order: the connection
  // has arrived. Only now does the shim close its copy: one that was on its way
  // to a daemon that died is passed to the next, and the host notices nothing.
  kTaken = 21,
};

struct Header {
  std::uint32_t magic = kMagic;
  std::uint16_t version = kProtocolVersion;
  MessageType type = MessageType::kHeartbeat;
  std::uint32_t text_bytes = 0;
};
static_assert(sizeof(Header) == 12);

}  // namespace svidence::shim
