#include "plugin/adapters/openssl/ed25519.h"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/handles.h"

namespace svidence::openssl {
namespace {

// A prompt on the terminal for an encrypted key would hang a daemon.
int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

// The y coordinates of the eight points of small order, little-endian.
constexpr std::array<Ed25519PublicKey, 5> kSmallOrder{{
    {},      // 0, order 4
    {0x01},  // 1, order 1
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},  // -1, order 2
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},  // order 8
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},  // order 8
}};

// One spelling of a point that is not of small order.
bool IsUsable(Ed25519PublicKey key) {
  key.back() = static_cast<std::uint8_t>(key.back() & 0x7fU);  // the sign of x
  // y must be below 2^255-19, which ends in 0xed.
  const bool high = key.back() == 0x7f && std::all_of(key.begin() + 1, key.end() - 1,
                                                      [](std::uint8_t b) { return b == 0xff; });
  return !(high && key.front() >= 0xed) &&
         std::find(kSmallOrder.begin(), kSmallOrder.end(), key) == kSmallOrder.end();
}

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
  if (!IsUsable(key)) return false;
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
