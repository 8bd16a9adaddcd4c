// Settings that HCL knows as strings only: durations, sizes, paths.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence::config {

// Reads "24h", "1m30s", "250ms": whole numbers with h, m, s or ms, the larger
// unit first, none twice. That is the part of Go's notation without fractions.
//
// Errors: InvalidArgument for any other form, or beyond about 290 years.
// Source: https://pkg.go.dev/time#ParseDuration
StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text);
// The shortest text that ParseDuration reads back, e.g. "1m30s"; "0s" for zero.
std::string DurationText(std::chrono::milliseconds duration);

// Reads "512MiB": a whole number with B, KiB, MiB or GiB. Bytes.
//
// Errors: InvalidArgument for any other form, or from 2^63 on.
StatusOr<std::uint64_t> ParseSize(std::string_view text);
// With the largest unit that leaves a whole number, e.g. "512MiB".
std::string SizeText(std::uint64_t bytes);

// Drops a trailing slash.
//
// Errors: InvalidArgument if `text` does not start with "/", has more than
//         `max_bytes`, an empty, "." or ".." segment, or a control character.
StatusOr<std::string> NormalizePath(std::string_view text, std::size_t max_bytes);

}  // namespace svidence::config
