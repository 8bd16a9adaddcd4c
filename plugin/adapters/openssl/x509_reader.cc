#include "plugin/adapters/openssl/x509_reader.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/handles.h"

namespace svidence::openssl {
namespace {

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Free<ASN1_OBJECT_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;

constexpr std::string_view kPemBegin = "-----BEGIN ";
constexpr std::string_view kCertificateLabel = "CERTIFICATE";

// Empties OpenSSL's error queue: its texts help nobody who reads ours.
Status Malformed(std::string_view message) {
  ERR_clear_error();
  return InvalidArgument(message);
}

std::string Text(const unsigned char* data, std::size_t size) {
  return std::string(TextOf({data, size}));
}

StatusOr<std::int64_t> UnixSeconds(const ASN1_TIME* time, std::string_view what) {
  std::tm calendar{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &calendar) != 1) {
    return Malformed("certificate: " + std::string(what) + " is no time");
  }
  return static_cast<std::int64_t>(timegm(&calendar));
}

StatusOr<std::vector<std::string>> ReadUris(const X509& certificate) {
  int found = 0;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, &found, nullptr)));
  if (names == nullptr) {
    if (found == -1) return std::vector<std::string>{};
    return Malformed("certificate: its subject alternative names do not parse or stand twice");
  }
  std::vector<std::string> uris;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    if (uris.size() == kMaxUris) {
      return Malformed("certificate: at most " + std::to_string(kMaxUris) + " URI names are read");
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): its type was looked at.
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.push_back(
        Text(ASN1_STRING_get0_data(uri), static_cast<std::size_t>(ASN1_STRING_length(uri))));
  }
  return uris;
}

Status ReadExtension(const X509& x509, const ASN1_OBJECT& oid, X509Certificate& certificate) {
  const int at = X509_get_ext_by_OBJ(&x509, &oid, -1);
  if (at < 0) return OkStatus();
  if (X509_get_ext_by_OBJ(&x509, &oid, at) >= 0) {
    return Malformed("certificate: the Svidence extension stands twice");
  }
  X509_EXTENSION* extension = X509_get_ext(&x509, at);
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  certificate.extension =
      Text(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
  certificate.extension_critical = X509_EXTENSION_get_critical(extension) == 1;
  return OkStatus();
}

std::string SerialHex(const X509& x509) {
  const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&x509), nullptr));
  if (number == nullptr) return {};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): char and unsigned char alias.
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return HexEncode(BytesOf(bytes));
}

StatusOr<X509Certificate> Convert(const X509& x509, std::string_view der, const ASN1_OBJECT& oid) {
  X509Certificate certificate;
  certificate.der = der;
  SVIDENCE_ASSIGN_OR_RETURN(certificate.uris, ReadUris(x509));
  unsigned char* spki = nullptr;
  const int spki_size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&x509), &spki);
  if (spki_size <= 0) return Malformed("certificate: its public key does not encode");
  certificate.spki_der = Text(spki, static_cast<std::size_t>(spki_size));
  OPENSSL_free(spki);
  SVIDENCE_ASSIGN_OR_RETURN(certificate.not_before,
                            UnixSeconds(X509_get0_notBefore(&x509), "notBefore"));
  SVIDENCE_ASSIGN_OR_RETURN(certificate.not_after,
                            UnixSeconds(X509_get0_notAfter(&x509), "notAfter"));
  certificate.serial = SerialHex(x509);
  // The flags are computed once and kept inside the object, which is ours alone.
  certificate.is_ca = X509_check_ca(const_cast<X509*>(&x509)) == 1;  // NOLINT(*-const-cast)
  SVIDENCE_RETURN_IF_ERROR(ReadExtension(x509, oid, certificate));
  ERR_clear_error();
  return certificate;
}

Status AppendDer(std::string_view der, const ASN1_OBJECT& oid, std::vector<X509Certificate>& to) {
  const unsigned char* const begin = BytesOf(der).data();
  const unsigned char* const end = begin + der.size();
  for (const unsigned char* at = begin; at != end;) {
    if (to.size() == kMaxCertificates) {
      return Malformed("more than " + std::to_string(kMaxCertificates) + " certificates");
    }
    const unsigned char* const first = at;
    const X509Ptr x509(d2i_X509(nullptr, &at, end - first));
    if (x509 == nullptr || at == first) {
      return Malformed("certificate " + std::to_string(to.size()) + " does not parse");
    }
    const std::string_view own =
        der.substr(static_cast<std::size_t>(first - begin), static_cast<std::size_t>(at - first));
    SVIDENCE_ASSIGN_OR_RETURN(X509Certificate certificate, Convert(*x509, own, oid));
    to.push_back(std::move(certificate));
  }
  return OkStatus();
}

Status AppendPem(std::string_view pem, const ASN1_OBJECT& oid, std::vector<X509Certificate>& to) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return TakeError("reading PEM");
  while (true) {
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;  // NOLINT(google-runtime-int): OpenSSL's own type.
    if (PEM_read_bio(bio.get(), &label, &header, &data, &size) != 1) break;
    const std::string block =
        label == kCertificateLabel ? Text(data, static_cast<std::size_t>(size)) : std::string();
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));  // it may have been a key
    if (!block.empty()) SVIDENCE_RETURN_IF_ERROR(AppendDer(block, oid, to));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end ? OkStatus() : Malformed("a PEM block does not parse");
}

}  // namespace

StatusOr<std::vector<X509Certificate>> ReadCertificates(std::string_view bytes,
                                                        const std::string& extension_oid) {
  if (bytes.size() > kMaxCertificateInputBytes) {
    return InvalidArgument("certificates must have at most " +
                           std::to_string(kMaxCertificateInputBytes) + " bytes, got " +
                           std::to_string(bytes.size()));
  }
  const ObjectPtr oid(OBJ_txt2obj(extension_oid.c_str(), 1));
  if (oid == nullptr) return Malformed("the extension's OID is no dotted OID");
  std::vector<X509Certificate> certificates;
  const bool is_pem = bytes.find(kPemBegin) != std::string_view::npos && !bytes.starts_with('\x30');
  SVIDENCE_RETURN_IF_ERROR(is_pem ? AppendPem(bytes, *oid, certificates)
                                  : AppendDer(bytes, *oid, certificates));
  if (certificates.empty()) return InvalidArgument("there is no certificate in it");
  return certificates;
}

Secret EncodePem(std::string_view label, std::string_view der) {
  constexpr std::size_t kLineBytes = 48;  // 64 characters
  const std::string begin = "-----BEGIN " + std::string(label) + "-----\n";
  const std::string end = "-----END " + std::string(label) + "-----\n";
  const std::size_t lines = (der.size() + kLineBytes - 1) / kLineBytes;
  // EVP_EncodeBlock writes a zero behind each line, where the line feed goes.
  Secret pem(begin.size() + lines * (kLineBytes / 3 * 4 + 1) + end.size());
  char* to = std::copy(begin.begin(), begin.end(), pem.data());
  for (; !der.empty(); der.remove_prefix(std::min(kLineBytes, der.size()))) {
    const std::string_view line = der.substr(0, kLineBytes);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): char and unsigned char alias.
    to += EVP_EncodeBlock(reinterpret_cast<unsigned char*>(to), BytesOf(line).data(),
                          static_cast<int>(line.size()));
    *to++ = '\n';
  }
  to = std::copy(end.begin(), end.end(), to);
  pem.SetSize(static_cast<std::size_t>(to - pem.data()));
  return pem;
}

}  // namespace svidence::openssl
