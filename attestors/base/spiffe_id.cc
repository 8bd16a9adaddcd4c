#include "attestors/base/spiffe_id.h"

#include <algorithm>

#include "attestors/base/quote.h"

namespace svidence {
namespace {

constexpr std::string_view kScheme = "spiffe://";
static_assert(kScheme.size() == 9);

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsTrustDomainCharacter(char c) {
  return IsLowerOrDigit(c) || c == '.' || c == '-' || c == '_';
}

bool IsPathCharacter(char c) { return IsTrustDomainCharacter(c) || (c >= 'A' && c <= 'Z'); }

// `path` is empty or begins with a slash.
Status CheckPath(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (!IsPathSegment(segment)) {
      return InvalidArgument(
          R"(SPIFFE ID path segment must be [a-zA-Z0-9._-]+ and not "." or "..", got )" +
          Quote(segment));
    }
    path.remove_prefix(segment.size());
  }
  return OkStatus();
}

}  // namespace

bool IsPathSegment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." &&
         std::all_of(segment.begin(), segment.end(), IsPathCharacter);
}

Status CheckTrustDomain(std::string_view name) {
  if (name.empty()) return InvalidArgument("trust domain must not be empty");
  if (name.size() > kMaxTrustDomainBytes) {
    return InvalidArgument("trust domain must have at most 255 bytes, got " +
                           std::to_string(name.size()));
  }
  if (!std::all_of(name.begin(), name.end(), IsTrustDomainCharacter)) {
    return InvalidArgument("trust domain must be [a-z0-9._-]+, got " + Quote(name));
  }
  return OkStatus();
}

StatusOr<SpiffeId> SpiffeId::Parse(std::string_view text) {
  if (text.size() > kMaxSpiffeIdBytes) {
    return InvalidArgument("SPIFFE ID must have at most 2048 bytes, got " +
                           std::to_string(text.size()));
  }
  if (!text.starts_with(kScheme)) {
    return InvalidArgument("SPIFFE ID must begin with \"spiffe://\", got " + Quote(text));
  }
  const std::string_view rest = text.substr(kScheme.size());
  const std::string_view domain = rest.substr(0, rest.find('/'));
  SVIDENCE_RETURN_IF_ERROR(CheckTrustDomain(domain));
  SVIDENCE_RETURN_IF_ERROR(CheckPath(rest.substr(domain.size())));
  return SpiffeId(std::string(text), domain.size());
}

}  // namespace svidence
