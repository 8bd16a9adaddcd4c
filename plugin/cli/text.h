// How values are shown to people: safe for a terminal, human and exact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/registry/records.h"

namespace svidence::cli {

// Text from outside. Printable ASCII stays as it is; anything else is quoted and
// escaped, so that no name can drive a terminal.
std::string Shown(std::string_view text);
// A message of ours on one line: control characters and bytes beyond ASCII
// escaped, everything else kept.
std::string OneLine(std::string_view message);

// "2026-11-23T18:00:00Z (2 h ago)".
std::string ShownTime(std::int64_t unix_millis, std::int64_t now_millis);
// Exact: "2026-11-23T18:00:00Z", with milliseconds where there are any.
std::string ExactTime(std::int64_t unix_millis);
std::string ShownSeconds(std::int64_t seconds);  // "24h"
std::string ShownScore(trust::Score score);      // "48.75"
// The pseudonym, and whether it is verified.
std::string ShownSponsor(const std::optional<registry::SponsorRecord>& sponsor);

// "70", "70.5" or "70.25" points, in hundredths.
StatusOr<trust::Score> ParseScore(std::string_view option, const std::string& text);
// "24h" in whole seconds.
StatusOr<std::int64_t> ParseSeconds(std::string_view option, const std::string& text);

// Aligned columns; the first row is the heading. Cells are shown as they are.
using Row = std::vector<std::string>;
std::string Table(const std::vector<Row>& rows);
// "name   value" lines, aligned.
std::string Facts(const std::vector<std::pair<std::string, std::string>>& facts,
                  std::string_view indent = "");

}  // namespace svidence::cli
