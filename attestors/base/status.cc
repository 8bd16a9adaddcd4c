#include "attestors/base/status.h"

namespace svidence {
namespace {

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Status InvalidArgument(std::string_view message) {
  return absl::InvalidArgumentError(ToAbsl(message));
}

Status NotFound(std::string_view message) { return absl::NotFoundError(ToAbsl(message)); }

Status FailedPrecondition(std::string_view message) {
  return absl::FailedPreconditionError(ToAbsl(message));
}

Status Unavailable(std::string_view message) { return absl::UnavailableError(ToAbsl(message)); }

Status ResourceExhausted(std::string_view message) {
  return absl::ResourceExhaustedError(ToAbsl(message));
}

Status PermissionDenied(std::string_view message) {
  return absl::PermissionDeniedError(ToAbsl(message));
}

Status AlreadyExists(std::string_view message) { return absl::AlreadyExistsError(ToAbsl(message)); }

Status DeadlineExceeded(std::string_view message) {
  return absl::DeadlineExceededError(ToAbsl(message));
}

Status Cancelled(std::string_view message) { return absl::CancelledError(ToAbsl(message)); }

Status DataLoss(std::string_view message) { return absl::DataLossError(ToAbsl(message)); }

Status Internal(std::string_view message) { return absl::InternalError(ToAbsl(message)); }

Status Annotate(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  std::string message(context);
  message += ": ";
  message += Message(status);
  return {status.code(), message};
}

std::string CodeName(StatusCode code) { return absl::StatusCodeToString(code); }

std::string Message(const Status& status) {
  const absl::string_view message = status.message();
  return {message.data(), message.size()};
}

}  // namespace svidence
