// A file that a person inspects comes from anywhere.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/adapters/openssl/x509_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace svidence;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = openssl::ReadCertificates(bytes, "2.5.29.17");
  if (!read.ok()) return 0;
  // What was read is a certificate by itself, and says the same again.
  for (const openssl::X509Certificate& one : *read) {
    const auto again = openssl::ReadCertificates(one.der, "2.5.29.17");
    if (!again.ok() || again->size() != 1 || again->front().uris != one.uris) __builtin_trap();
  }
  return 0;
}
