// SPIFFE IDs and trust domain names, parsed where they enter.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "attestors/base/status.h"

namespace svidence {

// The longest SPIFFE ID that the standard allows, in bytes.
constexpr std::size_t kMaxSpiffeIdBytes = 2048;
constexpr std::size_t kMaxTrustDomainBytes = 255;

// "spiffe://<trust domain>/<path>", valid by construction.
class SpiffeId {
 public:
  // Errors: InvalidArgument if `text` is too long, has another scheme, a trust
  //         domain outside [a-z0-9._-], an empty, "." or ".." path segment, a
  //         trailing slash, or a path character outside [a-zA-Z0-9._-].
  // Source: SPIFFE-ID.md, sections 2.1 to 2.4.
  static StatusOr<SpiffeId> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  // Without the scheme, e.g. "example.org".
  std::string_view trust_domain() const {
    return std::string_view{text_}.substr(kSchemeSize, domain_size_);
  }
  // With its leading slash, or empty, e.g. "/agent/buyer/3f2a".
  std::string_view path() const {
    return std::string_view{text_}.substr(kSchemeSize + domain_size_);
  }

  friend bool operator==(const SpiffeId& a, const SpiffeId& b) { return a.text_ == b.text_; }

 private:
  static constexpr std::size_t kSchemeSize = 9;  // "spiffe://"

  SpiffeId(std::string text, std::size_t domain_size)
      : text_(std::move(text)), domain_size_(domain_size) {}

  std::string text_;
  std::size_t domain_size_;
};

// Errors: InvalidArgument as above.
Status CheckTrustDomain(std::string_view name);

// True if `segment` is one non-empty path segment: [a-zA-Z0-9._-], not "." or "..".
bool IsPathSegment(std::string_view segment);

}  // namespace svidence
