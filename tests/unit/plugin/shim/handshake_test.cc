#include "plugin/shim/handshake.h"

#include <gtest/gtest.h>

namespace svidence::shim {
namespace {

// The six fields that a Go plugin of go-plugin v1.7.0 writes, server.go:426.
TEST(HandshakeTest, WritesTheLineOfAGoPlugin) {
  EXPECT_EQ(HandshakeLine("/run/svidence-abc/plugin.sock"),
            "1|1|unix|/run/svidence-abc/plugin.sock|grpc|\n");
}

}  // namespace
}  // namespace svidence::shim
