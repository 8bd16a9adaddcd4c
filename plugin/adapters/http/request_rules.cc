#include "plugin/adapters/http/request_rules.h"

#include <algorithm>
#include <array>
#include <utility>

namespace svidence::http {
namespace {

// RFC 3986's unreserved characters, '/' and '+', which our paths need.
bool IsPathCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~' || c == '/' || c == '+';
}

// From '/', with no segment that is empty, "." or ".."; "/" itself is one.
bool IsPlainPath(std::string_view target) {
  if (!target.starts_with('/') || !std::all_of(target.begin(), target.end(), IsPathCharacter)) {
    return false;
  }
  if (target == "/") return true;
  while (!target.empty()) {
    target.remove_prefix(1);
    const std::string_view segment = target.substr(0, target.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return false;
    target.remove_prefix(segment.size());
  }
  return true;
}

bool IsPlainNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

int RefusalOf(const RequestHead& head) {
  if (head.version != 10 && head.version != 11) return 505;
  // Two lengths, or a length and chunks, are how one request is made to look like two.
  // So is a list of lengths, which parsers take for one if they are equal.
  if (head.content_lengths > 1) return 400;
  if (head.content_lengths == 1 && !IsPlainNumber(head.content_length)) return 400;
  if (head.transfer_encoding) return 411;
  if (head.hosts > 1 || (head.version == 11 && head.hosts == 0)) return 400;
  if (head.method != "GET" && head.method != "HEAD" && head.method != "POST") return 405;
  if (head.method == "POST" && head.content_lengths == 0) return 411;
  if (head.target.size() > kMaxTargetBytes) return 414;
  if (!IsPlainPath(head.target)) return 400;
  if (head.expect) return 417;
  return 0;
}

std::string_view ReasonOf(int status) {
  using Reason = std::pair<int, std::string_view>;
  constexpr std::array kReasons = {
      Reason{200, "OK"},
      Reason{202, "Accepted"},
      Reason{400, "Bad Request"},
      Reason{401, "Unauthorized"},
      Reason{403, "Forbidden"},
      Reason{404, "Not Found"},
      Reason{405, "Method Not Allowed"},
      Reason{409, "Conflict"},
      Reason{410, "Gone"},
      Reason{411, "Length Required"},
      Reason{413, "Payload Too Large"},
      Reason{414, "URI Too Long"},
      Reason{415, "Unsupported Media Type"},
      Reason{417, "Expectation Failed"},
      Reason{422, "Unprocessable Entity"},
      Reason{429, "Too Many Requests"},
      Reason{431, "Request Header Fields Too Large"},
      Reason{500, "Internal Server Error"},
      Reason{503, "Service Unavailable"},
      Reason{505, "HTTP Version Not Supported"},
  };
  const auto* const found = std::find_if(kReasons.begin(), kReasons.end(),
                                         [&](const Reason& one) { return one.first == status; });
  return found == kReasons.end() ? std::string_view{} : found->second;
}

}  // namespace svidence::http
