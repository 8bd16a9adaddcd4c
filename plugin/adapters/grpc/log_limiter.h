// Which of many equal log lines is written.
//
// A SPIRE agent that is refused asks again twice a second, for ever and for
// each of its entries. The first line tells all; the rest would only drown it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace svidence {

// Thread-safe. Remembers a bounded number of causes; when it is full, causes
// that it does not know share one line, so that a peer who varies the cause
// cannot flood the log either.
class LogLimiter {
 public:
  static constexpr std::int64_t kIntervalMillis = 60'000;
  static constexpr std::size_t kMaxCauses = 256;

  // Says whether to write a line about `cause` now: nullopt if one was written
  // less than kIntervalMillis ago, else how many have been left out since that
  // line. `now_millis` must not step back.
  std::optional<std::uint64_t> Admit(std::string_view cause, std::int64_t now_millis);

 private:
  struct Seen {
    std::int64_t written_millis = 0;
    std::uint64_t left_out = 0;
  };

  std::map<std::string, Seen, std::less<>>::iterator Find(std::string_view cause,
                                                          std::int64_t now_millis);

  std::mutex mutex_;
  std::map<std::string, Seen, std::less<>> causes_;
};

}  // namespace svidence
