#include "plugin/adapters/http/tls_files.h"

#include <cstddef>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/openssl/tls_server.h"

namespace svidence::http {
namespace {

constexpr std::size_t kMaxKeyBytes = std::size_t{64} << 10U;
constexpr std::size_t kMaxCertificateBytes = std::size_t{1} << 20U;
constexpr std::int64_t kLookMillis = 1000;

}  // namespace

StatusOr<TlsContexts> TlsContexts::Open(TlsFiles files) {
  TlsContexts contexts(std::move(files));
  contexts.seen_ = contexts.Look();
  SVIDENCE_RETURN_IF_ERROR(contexts.Load());
  return contexts;
}

std::shared_ptr<ssl_ctx_st> TlsContexts::Current(std::int64_t monotonic_millis) {
  if (monotonic_millis < look_again_at_) return context_;
  look_again_at_ = monotonic_millis + kLookMillis;
  // Looked at before they are read: what changes meanwhile shows next time.
  std::vector<std::int64_t> found = Look();
  if (found == seen_) return context_;
  seen_ = std::move(found);
  if (const Status loaded = Load(); loaded.ok()) {
    spdlog::info("the TLS key and certificates were read anew");
  } else {
    spdlog::warn("the TLS files have changed and are not usable; the old ones stay reason={}",
                 Quote(Message(loaded), 512));
  }
  return context_;
}

Status TlsContexts::Load() {
  openssl::TlsServerFiles read;
  SVIDENCE_ASSIGN_OR_RETURN(read.certificates,
                            linux_os::ReadRegularFile(files_.certificate, kMaxCertificateBytes));
  SVIDENCE_ASSIGN_OR_RETURN(read.key, linux_os::ReadPrivateFile(files_.key, kMaxKeyBytes));
  if (!files_.client_ca.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(read.client_anchors,
                              linux_os::ReadRegularFile(files_.client_ca, kMaxCertificateBytes));
    // An empty file must not mean that no client is asked.
    if (read.client_anchors.empty()) {
      return InvalidArgument(Quote(files_.client_ca, 256) + " is empty");
    }
  }
  SVIDENCE_ASSIGN_OR_RETURN(context_, openssl::MakeTlsServerContext(read));
  return OkStatus();
}

std::vector<std::int64_t> TlsContexts::Look() const {
  std::vector<std::int64_t> look;
  for (const std::string* path : {&files_.certificate, &files_.key, &files_.client_ca}) {
    struct stat info {};
    if (path->empty() || stat(path->c_str(), &info) != 0) continue;
    for (const std::int64_t part :
         {static_cast<std::int64_t>(info.st_dev), static_cast<std::int64_t>(info.st_ino),
          static_cast<std::int64_t>(info.st_size), static_cast<std::int64_t>(info.st_mtim.tv_sec),
          static_cast<std::int64_t>(info.st_mtim.tv_nsec)}) {
      look.push_back(part);
    }
  }
  return look;
}

}  // namespace svidence::http
