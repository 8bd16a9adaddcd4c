// Certificates and keys for tests of TLS, made on the spot.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace svidence::testing {

// An authority that signs certificates of an hour, each with a new P-256 key.
class TestAuthority {
 public:
  struct Signed {
    std::string certificate;  // PEM
    std::string key;          // PEM, PKCS#8
  };

  TestAuthority() : key_(NewKey()), certificate_(X509_new(), X509_free) {
    Fill(*certificate_, *key_, "test authority");
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    Extend(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
    Sign(*certificate_);
  }

  std::string pem() const { return Pem(*certificate_); }

  // `alt_names` as OpenSSL writes them, e.g. "IP:127.0.0.1" or "URI:spiffe://td/a".
  Signed Issue(const std::string& alt_names) const {
    const KeyPtr key = NewKey();
    const CertificatePtr leaf(X509_new(), X509_free);
    Fill(*leaf, *key, "leaf");
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
    Extend(*leaf, NID_subject_alt_name, alt_names);
    Sign(*leaf);
    return {.certificate = Pem(*leaf), .key = Pem(*key)};
  }

 private:
  using KeyPtr = std::shared_ptr<EVP_PKEY>;
  using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;

  static KeyPtr NewKey() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

  static void Fill(X509& certificate, EVP_PKEY& key, const char* name) {
    static long serial = 0;
    X509_set_version(&certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(&certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(&certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(&certificate), 3600);
    X509_set_pubkey(&certificate, &key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  }
  static void Extend(X509& certificate, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    if (extension == nullptr) std::abort();
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  void Sign(X509& certificate) const {
    if (X509_sign(&certificate, key_.get(), EVP_sha256()) == 0) std::abort();
  }

  template <typename Write>
  static std::string Written(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
    write(bio.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }
  static std::string Pem(X509& certificate) {
    return Written([&](BIO* bio) { PEM_write_bio_X509(bio, &certificate); });
  }
  static std::string Pem(EVP_PKEY& key) {
    return Written([&](BIO* bio) {
      PEM_write_bio_PKCS8PrivateKey(bio, &key, nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  KeyPtr key_;
  CertificatePtr certificate_;
};

}  // namespace svidence::testing
