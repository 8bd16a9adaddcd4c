// The one way out of every RPC: log, then turn our Status into gRPC's.
#pragma once

#include <string_view>

#include <grpcpp/support/status.h>

#include "attestors/base/status.h"

namespace svidence {

// Longest error message that a peer gets, in bytes: it travels in an HTTP/2
// header, percent-encoded, and headers have bounds of their own.
constexpr std::size_t kMaxPeerMessageBytes = 4096;

// Logs an error of the call `rpc` and gives what the peer may see: the same
// code, whose numbers the two libraries share, and the message, except that
// Internal, DataLoss and Unknown give a fixed text. Never blocks; thread-safe.
//
// One line per cause (call, code and message) and minute; the next one says how
// many were left out. Defects and damage are errors, refusals warnings; what
// belongs to normal life (a process that ended, a call that was cancelled, a
// method that we do not have) is at debug level.
grpc::Status Finish(std::string_view rpc, const Status& status);

}  // namespace svidence
