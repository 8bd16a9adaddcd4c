#include "plugin/adapters/openssl/tls_server.h"

#include <cstddef>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/handles.h"

namespace svidence::openssl {
namespace {

constexpr std::size_t kMaxTlsCertificates = 16;
constexpr std::size_t kMaxClientAnchors = 256;

Status Malformed(std::string_view message) {
  ERR_clear_error();
  return InvalidArgument(message);
}

BioPtr ReadOnly(std::string_view bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Never asks at a terminal for the password of an encrypted key.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return 0; }

Status UseCertificates(SSL_CTX& context, const std::string& pem) {
  const BioPtr bio = ReadOnly(pem);
  std::size_t count = 0;
  while (bio != nullptr) {
    const X509Ptr one(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
    if (one == nullptr) break;
    const bool used = count == 0 ? SSL_CTX_use_certificate(&context, one.get()) == 1
                                 : SSL_CTX_add1_chain_cert(&context, one.get()) == 1;
    if (!used) return Malformed("the server's certificates do not form a chain that TLS can use");
    if (++count > kMaxTlsCertificates) {
      return Malformed("at most " + std::to_string(kMaxTlsCertificates) +
                       " certificates may stand in the server's chain");
    }
  }
  if (count == 0) return Malformed("the server's certificate file holds no PEM certificate");
  ERR_clear_error();  // "no more PEM blocks"
  return OkStatus();
}

Status UseKey(SSL_CTX& context, const Secret& pem) {
  const BioPtr bio = ReadOnly(pem.Reveal());
  const EvpPkey key(
      bio == nullptr ? nullptr : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return Malformed("the server's key file holds no PEM key without a password");
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 ||
      SSL_CTX_check_private_key(&context) != 1) {
    return Malformed("the server's key is not that of its certificate");
  }
  return OkStatus();
}

Status UseClientAnchors(SSL_CTX& context, const std::string& pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  const BioPtr bio = ReadOnly(pem);
  std::size_t count = 0;
  while (bio != nullptr) {
    const X509Ptr one(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
    if (one == nullptr) break;
    if (X509_STORE_add_cert(store, one.get()) != 1) return TakeError("adding a client authority");
    if (++count > kMaxClientAnchors) {
      return Malformed("at most " + std::to_string(kMaxClientAnchors) +
                       " authorities may vouch for clients");
    }
  }
  if (count == 0) return Malformed("the clients' authorities file holds no PEM certificate");
  ERR_clear_error();
  // SPIFFE bundles hold anchors that are not self-signed.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  return OkStatus();
}

}  // namespace

StatusOr<std::shared_ptr<ssl_ctx_st>> MakeTlsServerContext(const TlsServerFiles& files) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return TakeError("making a TLS context");
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(context.get(), 0) != 1) {
    return TakeError("setting up TLS");
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SVIDENCE_RETURN_IF_ERROR(UseCertificates(*context, files.certificates));
  SVIDENCE_RETURN_IF_ERROR(UseKey(*context, files.key));
  if (!files.client_anchors.empty()) {
    SVIDENCE_RETURN_IF_ERROR(UseClientAnchors(*context, files.client_anchors));
  }
  return context;
}

std::optional<std::string> PeerCertificate(const ssl_st& connection) {
  const X509Ptr certificate(SSL_get1_peer_certificate(&connection));
  if (certificate == nullptr || SSL_get_verify_result(&connection) != X509_V_OK) {
    return std::nullopt;
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size <= 0) {
    ERR_clear_error();
    return std::nullopt;
  }
  std::string bytes(TextOf({der, static_cast<std::size_t>(size)}));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace svidence::openssl
