#include "plugin/adapters/openssl/ed25519.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/handles.h"

namespace svidence::openssl {
namespace {

// A prompt on the terminal for an encrypted key would hang a daemon.
int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

}  // namespace

void Ed25519Key::FreePkey::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

StatusOr<Ed25519Key> Ed25519Key::FromHandle(Handle key) {
  Ed25519PublicKey public_key{};
  std::size_t size = public_key.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &size) != 1 ||
      size != public_key.size()) {
    return TakeError("reading the public half of an Ed25519 key");
  }
  return Ed25519Key(std::move(key), public_key);
}

StatusOr<Ed25519Key> Ed25519Key::Generate() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): declared so; no argument follows here.
  Handle key(EVP_PKEY_Q_keygen(/*libctx=*/nullptr, /*propq=*/nullptr, "ED25519"));
  if (key == nullptr) return TakeError("generating an Ed25519 key");
  return FromHandle(std::move(key));
}

StatusOr<Ed25519Key> Ed25519Key::FromPem(const Secret& pem) {
  const std::string_view text = pem.Reveal();
  if (text.size() > kMaxKeyFileBytes) {
    return InvalidArgument("a key file must have at most " + std::to_string(kMaxKeyFileBytes) +
                           " bytes, got " + std::to_string(text.size()));
  }
  // A null pointer, as an empty secret has, would be an error of its own.
  const char* data = text.empty() ? "" : text.data();
  const BioPtr bio(BIO_new_mem_buf(data, static_cast<int>(text.size())));
  if (bio == nullptr) return TakeError("reading a key");
  Handle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassphrase, nullptr));
  if (key == nullptr || EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
    ERR_clear_error();  // "no start line" and its like say less than the text below
    return InvalidArgument(
        "the log key must be an unencrypted Ed25519 key in PEM form (PKCS#8), as "
        "\"openssl genpkey -algorithm ed25519\" writes it");
  }
  return FromHandle(std::move(key));
}

StatusOr<Secret> Ed25519Key::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_secmem()));  // clears its memory
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0,
                                                      nullptr, nullptr) != 1) {
    return TakeError("writing an Ed25519 key");
  }
  Secret pem(kMaxKeyFileBytes);
  const int size = BIO_read(bio.get(), pem.data(), static_cast<int>(pem.capacity()));
  if (size <= 0) return TakeError("writing an Ed25519 key");
  pem.SetSize(static_cast<std::size_t>(size));
  return pem;
}

StatusOr<Ed25519Signature> Ed25519Key::Sign(std::string_view message) const {
  const EvpMdCtx context(EVP_MD_CTX_new());
  Ed25519Signature signature{};
  std::size_t size = signature.size();
  const auto bytes = BytesOf(message);
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) != 1 ||
      size != signature.size()) {
    return TakeError("signing with Ed25519");
  }
  return signature;
}

bool VerifyEd25519(const Ed25519PublicKey& key, std::string_view message,
                   const Ed25519Signature& signature) {
  const EvpPkey handle(EVP_PKEY_new_raw_public_key_ex(/*libctx=*/nullptr, "ED25519",
                                                      /*propq=*/nullptr, key.data(), key.size()));
  const EvpMdCtx context(EVP_MD_CTX_new());
  const auto bytes = BytesOf(message);
  const bool good =
      handle != nullptr && context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(),
                       bytes.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace svidence::openssl
