#include "plugin/adapters/openssl/stream_sha256.h"

#include <openssl/evp.h>

#include "plugin/adapters/openssl/handles.h"

namespace svidence::openssl {

void StreamSha256::FreeContext::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

StatusOr<StreamSha256> StreamSha256::Create() {
  StreamSha256 stream(EVP_MD_CTX_new());
  if (stream.context_ == nullptr ||
      EVP_DigestInit_ex2(stream.context_.get(), EVP_sha256(), /*params=*/nullptr) != 1) {
    return TakeError("starting SHA-256");
  }
  return stream;
}

Status StreamSha256::Update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) {
    return TakeError("hashing with SHA-256");
  }
  return OkStatus();
}

StatusOr<Digest> StreamSha256::Finish() {
  Digest digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) {
    return TakeError("finishing SHA-256");
  }
  if (size != digest.size()) return Internal("SHA-256 gave a digest of the wrong size");
  return digest;
}

}  // namespace svidence::openssl
