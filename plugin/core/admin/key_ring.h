// Port: the keys with which this server may sign its log.
#pragma once

#include <string>
#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/ledger/log_signer.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::admin {

// Implemented over key files and ssh-agents by plugin/adapters/linux, in memory by
// tests/support. Thread-safe.
class KeyRing {
 public:
  virtual ~KeyRing() = default;

  // A key that is to follow the present one of the log `origin`. `source` is where it
  // is: an absolute path of a file, made with a fresh key if it is not there; a key in
  // an ssh-agent; empty: a fresh key beside the present one. Changes nothing that is
  // in use, and asked again gives the same key.
  // Errors: InvalidArgument if `source` is none of these; FailedPrecondition if it
  //         cannot be empty, or names the present key's own file; those of files and
  //         agents.
  virtual StatusOr<ledger::OwnKey> OpenNext(std::string_view source, std::string_view origin) = 0;

  // `now`, which was opened from `source`, signs from now on: puts it where the next
  // start will look, if that is this server's to do. Else gives what the operator
  // must set; empty: nothing.
  virtual StatusOr<std::string> Settle(const ledger::Vkey& now, std::string_view source) = 0;
};

}  // namespace svidence::admin
