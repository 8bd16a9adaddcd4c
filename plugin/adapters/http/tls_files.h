// A server's TLS key and certificates, read anew when their files change.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attestors/base/status.h"

struct ssl_ctx_st;

namespace svidence::http {

// Paths. `key` must belong to us or root and be nobody else's to read.
struct TlsFiles {
  std::string certificate;  // PEM: the server's, then what leads to its authority
  std::string key;          // PEM
  std::string client_ca{};  // PEM; empty: no client is asked for a certificate
};

// Not thread-safe.
class TlsContexts {
 public:
  // Errors: those of reading the files and of openssl::MakeTlsServerContext.
  static StatusOr<TlsContexts> Open(TlsFiles files);

  // For the next connection. Looks at the files at most once a second; files that
  // do not read or belong together are logged, and what was in force stays so.
  std::shared_ptr<ssl_ctx_st> Current(std::int64_t monotonic_millis);

 private:
  explicit TlsContexts(TlsFiles files) : files_(std::move(files)) {}

  Status Load();
  // Which files they are, and when they changed.
  std::vector<std::int64_t> Look() const;

  TlsFiles files_;
  std::vector<std::int64_t> seen_;
  std::int64_t look_again_at_ = 0;
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace svidence::http
