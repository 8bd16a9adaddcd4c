// The time of an entry: RFC 3339 in UTC with milliseconds, in exactly one form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence::ledger {

// 9999-12-31T23:59:59.999Z: what four digits of a year can say.
constexpr std::int64_t kMaxTimeMillis = 253'402'300'799'999;
constexpr std::size_t kTimeTextBytes = 24;

// "2026-11-23T18:00:00.123Z". `unix_millis` outside 0..kMaxTimeMillis is written
// as the nearer end.
// Source: RFC 3339, section 5.6.
std::string FormatTime(std::int64_t unix_millis);

// Errors: InvalidArgument on any other form, an impossible date, a leap second,
//         or a time before 1970.
StatusOr<std::int64_t> ParseTime(std::string_view text);

}  // namespace svidence::ledger
