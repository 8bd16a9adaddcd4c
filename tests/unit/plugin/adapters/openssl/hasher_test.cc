#include "plugin/adapters/openssl/hasher.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"

namespace svidence::openssl {
namespace {

OpenSslHasher MakeHasher() { return *OpenSslHasher::Create(); }

TEST(OpenSslHasherTest, GivesThePublishedDigests) {
  const OpenSslHasher hasher = MakeHasher();
  EXPECT_EQ(HexEncode(hasher.Sha256({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // FIPS 180-2, appendix B.1 and B.2.
  EXPECT_EQ(HexEncode(hasher.Sha256({"abc"})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(hasher.Sha256({"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"})),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(OpenSslHasherTest, HashesPartsAsIfTheyWereOneText) {
  const OpenSslHasher hasher = MakeHasher();
  EXPECT_EQ(hasher.Sha256({"a", "", "bc"}), hasher.Sha256({"abc"}));
}

TEST(OpenSslHasherTest, ReusesItsContextWithoutCarryingStateOver) {
  const OpenSslHasher hasher = MakeHasher();
  const Digest first = hasher.Sha256({std::string(1000, 'x')});
  (void)hasher.Sha256({"between"});
  EXPECT_EQ(hasher.Sha256({std::string(1000, 'x')}), first);
}

TEST(OpenSslHasherTest, ThreadsDoNotDisturbEachOther) {
  const OpenSslHasher hasher = MakeHasher();
  const Digest want = hasher.Sha256({"shared"});
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : wrong) {
      threads.emplace_back([&hasher, &want, &count] {
        for (int i = 0; i < 1000; ++i) count += hasher.Sha256({"shared"}) == want ? 0 : 1;
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace svidence::openssl
