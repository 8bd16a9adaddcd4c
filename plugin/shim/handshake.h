// The one line on stdout by which SPIRE finds the plugin.
#pragma once

#include <string>
#include <string_view>

#include "plugin/shim/fd.h"
#include "plugin/shim/result.h"

namespace svidence::shim {

// "1|1|unix|<socket>|grpc|\n": core protocol, application protocol, network,
// address, protocol, no certificate.
// Source: go-plugin v1.7.0 client.go:832, server.go:426.
std::string HandshakeLine(std::string_view socket_path);

// Owns the stdout that SPIRE reads. From Take() on everything that this process
// and its children print to fd 1 goes to stderr: a stray line before the
// handshake would fail the plugin, a long one after it would block its writers.
class Handshake {
 public:
  // Errors: what dup(2) says.
  static Result<Handshake> Take();

  // Prints the line, once, and closes: later calls do nothing.
  void Announce(std::string_view socket_path);
  bool announced() const { return !stdout_.valid(); }

 private:
  explicit Handshake(Fd saved) : stdout_(std::move(saved)) {}

  Fd stdout_;
};

}  // namespace svidence::shim
