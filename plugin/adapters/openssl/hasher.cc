#include "plugin/adapters/openssl/hasher.h"

#include <cstdlib>

#include <openssl/evp.h>

#include "plugin/adapters/openssl/handles.h"

namespace svidence::openssl {

void OpenSslHasher::FreeMd::operator()(evp_md_st* md) const noexcept { EVP_MD_free(md); }

StatusOr<OpenSslHasher> OpenSslHasher::Create() {
  OpenSslHasher hasher(EVP_MD_fetch(/*ctx=*/nullptr, "SHA256", /*properties=*/nullptr));
  if (hasher.md_ == nullptr) return TakeError("fetching SHA-256");
  if (EVP_MD_get_size(hasher.md_.get()) != static_cast<int>(Digest().size())) {
    return Internal("OpenSSL's SHA-256 gives digests of the wrong size");
  }
  return hasher;
}

Digest OpenSslHasher::Sha256(std::initializer_list<std::string_view> parts) const {
  thread_local const EvpMdCtx context(EVP_MD_CTX_new());
  Digest digest{};
  if (context == nullptr || EVP_DigestInit_ex2(context.get(), md_.get(), nullptr) != 1) {
    std::abort();
  }
  for (const std::string_view part : parts) {
    if (EVP_DigestUpdate(context.get(), part.data(), part.size()) != 1) std::abort();
  }
  if (EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) std::abort();
  return digest;
}

}  // namespace svidence::openssl
