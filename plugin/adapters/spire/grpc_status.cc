#include "plugin/adapters/spire/grpc_status.h"

#include <string>

#include "attestors/base/quote.h"

namespace svidence::spire {
namespace {

constexpr std::size_t kMaxShownBytes = 256;

}  // namespace

Status FromGrpc(const ::grpc::Status& status, std::string_view doing) {
  static_assert(static_cast<int>(StatusCode::kDataLoss) ==
                static_cast<int>(::grpc::StatusCode::DATA_LOSS));
  if (status.ok()) return OkStatus();
  const std::string message = Quote(status.error_message(), kMaxShownBytes);
  return Annotate(Status(static_cast<StatusCode>(status.error_code()), message), doing);
}

}  // namespace svidence::spire
