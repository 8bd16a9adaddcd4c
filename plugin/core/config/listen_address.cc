#include "plugin/core/config/listen_address.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "attestors/base/quote.h"
#include "attestors/base/status.h"
#include "plugin/core/config/values.h"

namespace svidence::config {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

StatusOr<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0 || text.front() == '0') {
    return InvalidArgument("the port must be 1..65535, got " + Quote(text));
  }
  return port;
}

}  // namespace

StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  ListenAddress address;
  if (text.starts_with(kUnixPrefix)) {
    text.remove_prefix(kUnixPrefix.size());
    if (text.ends_with('/')) {
      return InvalidArgument("the socket's path must name a file, got " + Quote(text));
    }
    SVIDENCE_ASSIGN_OR_RETURN(address.unix_path, NormalizePath(text, kMaxSocketPathBytes));
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return InvalidArgument(
        R"(an address is written like "127.0.0.1:9988", "[::1]:9988" or "unix:/path", got )" +
        Quote(text));
  }
  const std::string_view host = text.substr(0, colon);
  if (host == "127.0.0.1" || host == "localhost") address.host = "127.0.0.1";
  if (host == "[::1]") address.host = "::1";
  if (address.host.empty()) {
    return InvalidArgument(
        "only loopback is served (127.0.0.1, [::1] or localhost), as there is neither encryption "
        "nor authentication; got host " +
        Quote(host));
  }
  SVIDENCE_ASSIGN_OR_RETURN(address.port, ParsePort(text.substr(colon + 1)));
  return address;
}

}  // namespace svidence::config
