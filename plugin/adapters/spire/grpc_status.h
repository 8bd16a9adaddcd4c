// How errors of SPIRE become ours.
#pragma once

#include <string_view>

#include <grpcpp/support/status.h>

#include "attestors/base/status.h"

namespace svidence::spire {

// The same code, whose numbers the two libraries share, and the message, quoted
// and bounded: SPIRE wrote it.
Status FromGrpc(const ::grpc::Status& status, std::string_view doing);

}  // namespace svidence::spire
