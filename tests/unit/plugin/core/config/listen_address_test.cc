#include "plugin/core/config/listen_address.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::config {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

const std::string kLongestPath = "/" + std::string(kMaxSocketPathBytes - 1, 'a');

struct Case {
  std::string name;
  std::string text;
  std::optional<ListenAddress> want;
};

ListenAddress Tcp(const std::string& host, std::uint16_t port) {
  return {.unix_path = "", .host = host, .port = port};
}
ListenAddress Unix(const std::string& path) { return {.unix_path = path, .host = "", .port = 0}; }

class ListenAddressTest : public ::testing::TestWithParam<Case> {};

TEST_P(ListenAddressTest, TakesLocalAddressesOnly) {
  const auto address = ParseListenAddress(GetParam().text);
  if (GetParam().want) {
    EXPECT_THAT(address, IsOkAndHolds(*GetParam().want));
  } else {
    EXPECT_THAT(address, StatusIs(StatusCode::kInvalidArgument));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ListenAddressTest,
    ::testing::Values(
        Case{"Ipv4", "127.0.0.1:9988", Tcp("127.0.0.1", 9988)},
        Case{"Ipv6", "[::1]:9988", Tcp("::1", 9988)},
        Case{"Localhost", "localhost:1", Tcp("127.0.0.1", 1)},
        Case{"HighestPort", "127.0.0.1:65535", Tcp("127.0.0.1", 65535)},
        Case{"Unix", "unix:/run/svidence/metrics.sock", Unix("/run/svidence/metrics.sock")},
        Case{"LongestPath", "unix:" + kLongestPath, Unix(kLongestPath)},
        Case{"PathTooLong", "unix:" + kLongestPath + "a", std::nullopt},
        Case{"RelativePath", "unix:metrics.sock", std::nullopt},
        Case{"DirectoryPath", "unix:/run/", std::nullopt},
        Case{"UnixUrl", "unix:///run/x", std::nullopt},
        Case{"AllInterfaces", "0.0.0.0:9988", std::nullopt},
        Case{"AllInterfacesIpv6", "[::]:9988", std::nullopt},
        Case{"OtherAddress", "10.0.0.1:9988", std::nullopt},
        Case{"OtherLoopback", "127.0.0.2:9988", std::nullopt},
        Case{"NoHost", ":9988", std::nullopt}, Case{"NoPort", "127.0.0.1:", std::nullopt},
        Case{"NoColon", "9988", std::nullopt}, Case{"PortZero", "127.0.0.1:0", std::nullopt},
        Case{"PortTooHigh", "127.0.0.1:65536", std::nullopt},
        Case{"PortWithZero", "127.0.0.1:0988", std::nullopt},
        Case{"PortWithText", "127.0.0.1:99x", std::nullopt},
        Case{"NegativePort", "127.0.0.1:-1", std::nullopt},
        Case{"BareIpv6", "::1:9988", std::nullopt}, Case{"Empty", "", std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(ListenAddressTest, SaysWhyOnlyLoopbackIsServed) {
  EXPECT_EQ(Message(ParseListenAddress("0.0.0.0:9988").status()),
            "only loopback is served (127.0.0.1, [::1] or localhost), as there is neither "
            "encryption nor authentication; got host \"0.0.0.0\"");
}

}  // namespace
}  // namespace svidence::config
