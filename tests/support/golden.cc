#include "tests/support/golden.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace svidence::testing {

std::string ReadGolden(std::string_view name) {
  const std::string path = std::string(SVIDENCE_GOLDEN_DIR "/").append(name);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file || !bytes) {
    std::cerr << "cannot read " << path << '\n';
    std::abort();
  }
  return bytes.str();
}

}  // namespace svidence::testing
