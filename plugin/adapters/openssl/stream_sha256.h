// SHA-256 of what comes piece by piece: files too large to hold in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"

// OpenSSL's own tag for EVP_MD_CTX.
struct evp_md_ctx_st;

namespace svidence::openssl {

// Not for use by two threads at once. Unlike Hasher it gives errors and never
// aborts: a workload that cannot be hashed is a refusal, not the end.
class StreamSha256 {
 public:
  // Errors: Internal if OpenSSL has no SHA-256 or no memory.
  static StatusOr<StreamSha256> Create();

  // Errors, here and below: Internal. The object is of no use after one.
  Status Update(std::span<const std::byte> bytes);
  // The digest of all pieces. Call once, last.
  StatusOr<Digest> Finish();

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  explicit StreamSha256(evp_md_ctx_st* context) : context_(context) {}

  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

}  // namespace svidence::openssl
