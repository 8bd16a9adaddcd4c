#include "plugin/core/config/oid.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "attestors/base/quote.h"
#include "attestors/base/status.h"

namespace svidence::config {
namespace {

constexpr std::size_t kMaxOidBytes = 128;
constexpr std::size_t kMinArcs = 3;
constexpr std::size_t kMaxArcs = 32;
constexpr std::uint32_t kMaxArc = 0x7fffffff;

StatusOr<std::uint32_t> ParseArc(std::string_view text) {
  std::uint32_t arc = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, arc);
  if (error == std::errc::result_out_of_range || (error == std::errc() && arc > kMaxArc)) {
    return InvalidArgument(
        "an arc must be at most 2147483647, or Go cannot parse the certificate; got " +
        Quote(text));
  }
  if (error != std::errc() || stop != end || (text.size() > 1 && text.front() == '0')) {
    return InvalidArgument("an arc must be a decimal number without leading zeros, got " +
                           Quote(text));
  }
  return arc;
}

StatusOr<std::vector<std::uint32_t>> ParseArcs(std::string_view oid) {
  std::vector<std::uint32_t> arcs;
  for (std::size_t start = 0; start <= oid.size() && arcs.size() <= kMaxArcs;) {
    const std::size_t dot = std::min(oid.find('.', start), oid.size());
    SVIDENCE_ASSIGN_OR_RETURN(const std::uint32_t arc, ParseArc(oid.substr(start, dot - start)));
    arcs.push_back(arc);
    start = dot + 1;
  }
  if (arcs.size() < kMinArcs || arcs.size() > kMaxArcs) {
    return InvalidArgument("an OID base must have " + std::to_string(kMinArcs) + ".." +
                           std::to_string(kMaxArcs) + " arcs, got " + Quote(oid));
  }
  // The first two arcs share one number in DER; below 2, the second is limited.
  if (arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39)) {
    return InvalidArgument("an OID starts with 0.0..0.39, 1.0..1.39 or 2.x, got " + Quote(oid));
  }
  return arcs;
}

// Is `oid` the arc `ancestor`, or below it?
bool IsWithin(std::string_view oid, std::string_view ancestor) {
  return oid == ancestor || (oid.starts_with(ancestor) && oid[ancestor.size()] == '.');
}

}  // namespace

Status CheckOidBase(std::string_view oid, bool allow_documentation) {
  if (oid.size() > kMaxOidBytes) {
    return InvalidArgument("an OID may have at most " + std::to_string(kMaxOidBytes) +
                           " characters, got " + std::to_string(oid.size()));
  }
  SVIDENCE_RETURN_IF_ERROR(ParseArcs(oid).status());
  for (const std::string_view standard : {"2.5", "1.3.6.1.5.5.7"}) {
    if (IsWithin(oid, standard)) {
      return InvalidArgument(Quote(standard) +
                             " belongs to X.500 and PKIX, whose extensions would be replaced; use "
                             "an arc of your own");
    }
  }
  for (const std::string_view example : {"2.999", "1.3.6.1.4.1.32473"}) {
    if (IsWithin(oid, example) && !allow_documentation) {
      return InvalidArgument(Quote(example) +
                             " is for documentation only; use an arc of your own, or set "
                             "allow_documentation_oid = true for a trial");
    }
  }
  return OkStatus();
}

}  // namespace svidence::config
