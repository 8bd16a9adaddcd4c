#include "attestors/process/instance_id.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_hasher.h"

namespace svidence {
namespace {

const HostIds kHost{.boot_id = "0f24d3f3-3a0b-4c5e-8d2a-0d1c2b3a4f5e", .pid_namespace = 4026531836};

TEST(InstanceIdTest, IsTheFirstHalfOfADigestOverFiveLines) {
  const testing::FakeHasher hasher;
  const Digest digest =
      hasher.Sha256({"svidence-process-instance-v1\n0f24d3f3-3a0b-4c5e-8d2a-"
                     "0d1c2b3a4f5e\n4026531836\n7\n4711\n"});
  EXPECT_EQ(InstanceId(hasher, kHost, *Pid::FromWire(7), 4711), HexEncode(digest).substr(0, 32));
}

// The example of docs/formats/instance-id.md, made there with sha256sum.
TEST(InstanceIdTest, AgreesWithTheExampleInTheFormatDocument) {
  const StatusOr<openssl::OpenSslHasher> hasher = openssl::OpenSslHasher::Create();
  ASSERT_TRUE(hasher.ok());
  EXPECT_EQ(InstanceId(*hasher, kHost, *Pid::FromWire(4711), 123456),
            "994de60e5205de2763059569b990b52d");
}

TEST(InstanceIdTest, DependsOnEachOfTheFour) {
  const testing::FakeHasher hasher;
  HostIds other_boot = kHost;
  other_boot.boot_id = "1f24d3f3-3a0b-4c5e-8d2a-0d1c2b3a4f5e";
  HostIds other_namespace = kHost;
  other_namespace.pid_namespace = 4026532000;
  const std::set<std::string> ids = {InstanceId(hasher, kHost, *Pid::FromWire(7), 4711),
                                     InstanceId(hasher, kHost, *Pid::FromWire(7), 4712),
                                     InstanceId(hasher, kHost, *Pid::FromWire(8), 4711),
                                     InstanceId(hasher, other_boot, *Pid::FromWire(7), 4711),
                                     InstanceId(hasher, other_namespace, *Pid::FromWire(7), 4711)};
  EXPECT_EQ(ids.size(), 5);
}

// "1" and "23" are not "12" and "3".
TEST(InstanceIdTest, KeepsNeighbouringNumbersApart) {
  const testing::FakeHasher hasher;
  EXPECT_NE(InstanceId(hasher, kHost, *Pid::FromWire(1), 23),
            InstanceId(hasher, kHost, *Pid::FromWire(12), 3));
}

}  // namespace
}  // namespace svidence
