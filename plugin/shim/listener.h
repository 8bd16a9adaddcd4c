// The Unix socket that SPIRE connects to. It is the shim's for as long as SPIRE
// runs, whatever becomes of the daemons.
#pragma once

#include <string>

#include "plugin/shim/fd.h"
#include "plugin/shim/result.h"

namespace svidence::shim {

class Listener {
 public:
  // Binds `path`, which must not exist, with mode 0600 and listens.
  // Errors: what the kernel says.
  static Result<Listener> Bind(const std::string& path);

  int fd() const { return socket_.get(); }

  // The next connection, close-on-exec and non-blocking as gRPC wants it.
  // Invalid: none now, or (`error` is not 0) accept(2) failed with `error`.
  Fd Accept(int& error) const;

 private:
  explicit Listener(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
};

}  // namespace svidence::shim
