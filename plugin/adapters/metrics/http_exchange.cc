#include "plugin/adapters/metrics/http_exchange.h"

#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/quote.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::metrics {
namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
// Longest reason that /health gives, in bytes.
constexpr std::size_t kMaxReasonBytes = 512;

struct Answer {
  std::string_view status;
  std::string body;
  std::string_view content_type = kPlainText;
  std::string_view more_fields{};
  bool with_body = true;
};

std::string Text(const Answer& answer) {
  std::string text = "HTTP/1.1 ";
  text += answer.status;
  text += "\r\nContent-Type: ";
  text += answer.content_type;
  text += "\r\nContent-Length: " + std::to_string(answer.body.size());
  text += "\r\nCache-Control: no-store\r\nConnection: close\r\n";
  text += answer.more_fields;
  text += "\r\n";
  if (answer.with_body) text += answer.body;
  return text;
}

// Takes the text before the next space off the front of `line`.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

Answer HealthAnswer(const Health& health) {
  if (health.good) return {.status = "200 OK", .body = "ok\n"};
  return {.status = "503 Service Unavailable",
          .body = Quote(health.reason, kMaxReasonBytes) + "\n"};
}

Answer AnswerLine(std::string_view line, const Pages& pages) {
  const std::string_view method = TakeWord(line);
  std::string_view target = TakeWord(line);
  const std::string_view version = line;
  if (!version.starts_with("HTTP/") || !target.starts_with('/')) {
    return {.status = "400 Bad Request", .body = "not an HTTP/1.1 request\n"};
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return {.status = "505 HTTP Version Not Supported", .body = "HTTP/1.1 only\n"};
  }
  if (method != "GET" && method != "HEAD") {
    return {.status = "405 Method Not Allowed",
            .body = "GET only\n",
            .more_fields = "Allow: GET, HEAD\r\n"};
  }
  target = target.substr(0, target.find('?'));
  Answer answer = {.status = "404 Not Found", .body = "there are /metrics and /health\n"};
  if (target == "/metrics") {
    answer = {.status = "200 OK", .body = pages.metrics(), .content_type = kPrometheusContentType};
  } else if (target == "/health") {
    answer = HealthAnswer(pages.health());
  }
  answer.with_body = method == "GET";
  return answer;
}

}  // namespace

std::optional<std::string> AnswerRequest(std::string_view received, const Pages& pages) {
  const std::string_view bounded = received.substr(0, kMaxRequestBytes);
  if (bounded.find("\r\n\r\n") != std::string_view::npos) {
    return Text(AnswerLine(bounded.substr(0, bounded.find("\r\n")), pages));
  }
  if (received.size() < kMaxRequestBytes) return std::nullopt;
  return Text({.status = "431 Request Header Fields Too Large",
               .body = "a request may have at most 8192 bytes\n"});
}

}  // namespace svidence::metrics
