// Which requests the server passes on: narrower than HTTP, so that no other
// server between the client and us can read the same bytes as other requests.
#pragma once

#include <cstddef>
#include <string_view>

namespace svidence::http {

constexpr std::size_t kMaxTargetBytes = 1024;

// What a request's head says, as far as the rules need it.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  unsigned version = 11;  // 10 times major plus minor
  std::size_t hosts = 0;  // how often the header stands there
  std::size_t content_lengths = 0;
  std::string_view content_length{};  // the first one's value
  bool transfer_encoding = false;
  bool expect = false;
};

// The status to refuse it with; 0: none, pass it on.
int RefusalOf(const RequestHead& head);

// The standard's words for `status`, e.g. "Not Found"; empty for one that our
// servers do not use.
std::string_view ReasonOf(int status);

}  // namespace svidence::http
