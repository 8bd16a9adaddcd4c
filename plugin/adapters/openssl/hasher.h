// SHA-256 through OpenSSL's EVP interface.
#pragma once

#include <memory>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"

// OpenSSL's own tag for EVP_MD.
struct evp_md_st;

namespace svidence::openssl {

// The algorithm is fetched once and each thread reuses one context: OpenSSL
// 3.0's implicit fetch takes twice the time and does not scale past one thread.
class OpenSslHasher final : public Hasher {
 public:
  // Errors: Internal if OpenSSL offers no SHA-256, as a misconfigured provider
  //         can cause.
  static StatusOr<OpenSslHasher> Create();

  // Thread-safe. Aborts if OpenSSL runs out of memory: see the port.
  Digest Sha256(std::initializer_list<std::string_view> parts) const override;

 private:
  struct FreeMd {
    void operator()(evp_md_st* md) const noexcept;
  };
  explicit OpenSslHasher(evp_md_st* md) : md_(md) {}

  std::unique_ptr<evp_md_st, FreeMd> md_;
};

}  // namespace svidence::openssl
