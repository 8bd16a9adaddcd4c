// The one error type of the project.
//
// Every function that can fail returns Status, or StatusOr<T> where it also
// yields a value. Nothing in this project throws; a library that throws is
// called from one noexcept function that turns the exception into a Status.
//
// This is the only header that may include absl: Debian 12 builds absl with
// its own string_view, which std::string_view does not convert to, so the
// functions below take std types and do the conversion once.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace svidence {

using Status = absl::Status;
using StatusCode = absl::StatusCode;
template <typename T>
using StatusOr = absl::StatusOr<T>;

inline Status OkStatus() { return absl::OkStatus(); }

// The caller broke the contract; the same call will fail again.
Status InvalidArgument(std::string_view message);
// What was asked for does not exist, or exists no longer.
Status NotFound(std::string_view message);
// The object is not in a state that allows the call, e.g. not configured.
Status FailedPrecondition(std::string_view message);
// A store or a peer is down or slow; the same call may succeed later.
Status Unavailable(std::string_view message);
// A bound was hit: a full queue or disk, too many callers. Retry later.
Status ResourceExhausted(std::string_view message);
// Policy says no. The message gives the reason.
Status PermissionDenied(std::string_view message);
// What would be created is there already.
Status AlreadyExists(std::string_view message);
// The caller's deadline passed before the work was done.
Status DeadlineExceeded(std::string_view message);
// The caller has gone, or has said that it no longer wants the answer.
Status Cancelled(std::string_view message);
// Stored data does not verify. Never retried, always alarmed on.
Status DataLoss(std::string_view message);
// A defect here or in a library. The message is for the log, not for peers.
Status Internal(std::string_view message);

// Returns `status` with "<context>: " before its message. Call it where a
// caller knows something the callee did not, so that a chain reads
// "composing SVID: reading policy: line 3: unknown key".
Status Annotate(const Status& status, std::string_view context);

// The name of a code as gRPC spells it, e.g. "PERMISSION_DENIED".
std::string CodeName(StatusCode code);

// The message of `status` as a std type.
std::string Message(const Status& status);

}  // namespace svidence

// NOLINTBEGIN(bugprone-macro-parentheses): `lhs` may be a declaration.

// Returns the error of `expr` (a Status) from the enclosing function.
#define SVIDENCE_RETURN_IF_ERROR(expr)                                          \
  do {                                                                          \
    if (::svidence::Status svidence_status_ = (expr); !svidence_status_.ok()) { \
      return svidence_status_;                                                  \
    }                                                                           \
  } while (false)

// Moves the value of `expr` (a StatusOr) into `lhs`, or returns its error.
// Expands to several statements: never the lone body of an `if`.
#define SVIDENCE_ASSIGN_OR_RETURN(lhs, expr) \
  SVIDENCE_ASSIGN_OR_RETURN_IMPL_(SVIDENCE_CONCAT_(svidence_or_, __LINE__), lhs, expr)
#define SVIDENCE_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                    \
  if (!tmp.ok()) return std::move(tmp).status();        \
  lhs = *std::move(tmp)
#define SVIDENCE_CONCAT_(a, b) SVIDENCE_CONCAT_IMPL_(a, b)
#define SVIDENCE_CONCAT_IMPL_(a, b) a##b

// NOLINTEND(bugprone-macro-parentheses)
