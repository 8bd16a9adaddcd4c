// The server's end of TLS: version 1.3 only, keys and authorities out of memory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attestors/base/secret.h"
#include "attestors/base/status.h"

// OpenSSL's own tags for SSL_CTX and SSL.
struct ssl_ctx_st;
struct ssl_st;

namespace svidence::openssl {

struct TlsServerFiles {
  std::string certificates;    // PEM: the server's, then what leads to its authority
  Secret key;                  // PEM, of the first
  std::string client_anchors;  // PEM; empty: no client is asked for a certificate
};

// Without session tickets, renegotiation and early data. A client that shows a
// certificate must lead it to one of the anchors, each of which is believed as it
// is; one that shows none is served too: see PeerCertificate().
// Errors: InvalidArgument if a member does not read, or key and certificate do not
//         belong together.
StatusOr<std::shared_ptr<ssl_ctx_st>> MakeTlsServerContext(const TlsServerFiles& files);

// DER of the certificate with which the client has proved itself in a handshake
// that succeeded; nullopt if it showed none.
std::optional<std::string> PeerCertificate(const ssl_st& connection);

}  // namespace svidence::openssl
