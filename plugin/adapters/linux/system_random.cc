#include "plugin/adapters/linux/system_random.h"

#include <cerrno>
#include <cstdlib>

#include <sys/random.h>

namespace svidence::linux_os {

void SystemRandom::Fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace svidence::linux_os
