// An extension comes from a peer's certificate.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/claims/x509_extension.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace svidence;
  const std::string_view der(reinterpret_cast<const char*>(data), size);
  const StatusOr<claims::X509Extension> read = claims::DecodeX509Extension(der);
  if (!read.ok() || size > claims::kMaxIssuedExtensionBytes) return 0;
  // What is read has one form: the encoder gives the same bytes.
  const StatusOr<std::string> again = claims::EncodeX509Extension(read->entry, read->proof);
  if (!again.ok() || *again != der) __builtin_trap();
  return 0;
}
