// The shim's end of the control socket to one daemon.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "plugin/shim/fd.h"

namespace svidence::shim {

enum class Sent { kYes, kFull, kClosed };

// What a daemon has said, checked.
struct LinkEvent {
  enum class Kind {
    kNothing,
    kReady,
    kHeartbeat,
    kTaken,
    kState,
    kShutdown,
    kFailed,
    kIgnored,
    kClosed,
    kBroken
  };

  Kind kind = Kind::kNothing;
  std::string text;  // kFailed: the reason; kIgnored, kBroken: what was wrong
  Fd state;          // kState: the memfd, sealed and within its bound
};

// Never waits. Not thread-safe.
class ControlLink {
 public:
  explicit ControlLink(Fd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }

  // `state` is the memfd that an earlier daemon saved, or -1.
  Sent SendHello(std::string_view plugin_type, int state);
  Sent SendConnection(int connection);
  Sent SendGoodbye();

  LinkEvent Receive();

 private:
  Fd socket_;
};

}  // namespace svidence::shim
