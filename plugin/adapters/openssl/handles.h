// Owning handles for OpenSSL 3 objects, and its error queue. Included by .cc
// files of this project that use OpenSSL, never by headers.
#pragma once

#include <memory>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "attestors/base/status.h"

namespace svidence::openssl {

// Calls a C library's own free function; stateless, so a handle is one pointer.
template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Free<BIO_free_all>>;
using EvpMd = std::unique_ptr<EVP_MD, Free<EVP_MD_free>>;
using EvpMdCtx = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using EvpPkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;

// Empties this thread's OpenSSL error queue into an Internal error that begins
// with `what`. Nothing may return with entries in the queue.
Status TakeError(std::string_view what);

}  // namespace svidence::openssl
