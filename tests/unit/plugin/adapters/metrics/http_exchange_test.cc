#include "plugin/adapters/metrics/http_exchange.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::metrics {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Pages FixedPages(const Health& health = {}) {
  return {.metrics = [] { return std::string("m 1\n"); }, .health = [health] { return health; }};
}

std::string Answered(const std::string& received, const Health& health = {}) {
  return AnswerRequest(received, FixedPages(health)).value_or("(waits)");
}

struct Case {
  std::string name;
  std::string line;    // request line
  std::string status;  // how the answer starts
};

class HttpExchangeTest : public ::testing::TestWithParam<Case> {};

TEST_P(HttpExchangeTest, AnswersEveryRequestAndEndsTheConnection) {
  const std::string answer = Answered(GetParam().line + "\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 " + GetParam().status + "\r\n"),
                            HasSubstr("\r\nConnection: close\r\n"), HasSubstr("\r\n\r\n")));
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpExchangeTest,
    ::testing::Values(Case{"Metrics", "GET /metrics HTTP/1.1", "200 OK"},
                      Case{"MetricsOld", "GET /metrics HTTP/1.0", "200 OK"},
                      Case{"MetricsWithQuery", "GET /metrics?a=b HTTP/1.1", "200 OK"},
                      Case{"MetricsHead", "HEAD /metrics HTTP/1.1", "200 OK"},
                      Case{"Health", "GET /health HTTP/1.1", "200 OK"},
                      Case{"Root", "GET / HTTP/1.1", "404 Not Found"},
                      Case{"Below", "GET /metrics/x HTTP/1.1", "404 Not Found"},
                      Case{"Escaped", "GET /%6detrics HTTP/1.1", "404 Not Found"},
                      Case{"Post", "POST /metrics HTTP/1.1", "405 Method Not Allowed"},
                      Case{"LowerCaseMethod", "get /metrics HTTP/1.1", "405 Method Not Allowed"},
                      Case{"NoMethod", " /metrics HTTP/1.1", "405 Method Not Allowed"},
                      Case{"NewVersion", "GET /metrics HTTP/2.0", "505 HTTP Version Not Supported"},
                      Case{"TrailingSpace", "GET /metrics HTTP/1.1 ",
                           "505 HTTP Version Not Supported"},
                      Case{"NoVersion", "GET /metrics", "400 Bad Request"},
                      Case{"Empty", "", "400 Bad Request"},
                      Case{"Absolute", "GET http://x/metrics HTTP/1.1", "400 Bad Request"},
                      Case{"Garbage", "\x16\x03\x01\x02", "400 Bad Request"},
                      Case{"Spaces", "     ", "400 Bad Request"}),
    [](const auto& test) { return test.param.name; });

TEST(HttpExchangeTest, GivesThePageWithItsLength) {
  EXPECT_EQ(Answered("GET /metrics HTTP/1.1\r\n\r\n"),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 4\r\n"
            "Cache-Control: no-store\r\n"
            "Connection: close\r\n"
            "\r\n"
            "m 1\n");
}

TEST(HttpExchangeTest, GivesLengthButNoPageToHead) {
  EXPECT_THAT(Answered("HEAD /metrics HTTP/1.1\r\n\r\n"),
              AllOf(HasSubstr("\r\nContent-Length: 4\r\n"), EndsWith("\r\n\r\n")));
}

TEST(HttpExchangeTest, NamesTheMethodsThatItTakes) {
  EXPECT_THAT(Answered("PUT / HTTP/1.1\r\n\r\n"), HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

TEST(HttpExchangeTest, SaysWhyHealthIsBadInOneSafeLine) {
  EXPECT_THAT(Answered("GET /health HTTP/1.1\r\n\r\n", {.good = false, .reason = "disk\nfull"}),
              AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"),
                    EndsWith("\r\n\r\n\"disk\\x0afull\"\n")));
}

TEST(HttpExchangeTest, WaitsForTheEndOfTheHead) {
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t size = 0; size < request.size(); ++size) {
    EXPECT_EQ(AnswerRequest(request.substr(0, size), FixedPages()), std::nullopt) << size;
  }
  EXPECT_TRUE(AnswerRequest(request, FixedPages()).has_value());
}

TEST(HttpExchangeTest, TakesRequestsUpToTheBound) {
  const std::string start = "GET /metrics HTTP/1.1\r\nX: ";
  const std::string end = "\r\n\r\n";
  const std::string fill(kMaxRequestBytes - start.size() - end.size(), 'x');
  EXPECT_THAT(Answered(start + fill + end), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(Answered(start + fill + "x" + end), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpExchangeTest, NeverWaitsForMoreThanTheBound) {
  EXPECT_EQ(Answered(std::string(kMaxRequestBytes - 1, 'x')), "(waits)");
  EXPECT_THAT(Answered(std::string(kMaxRequestBytes, 'x')), StartsWith("HTTP/1.1 431 "));
}

}  // namespace
}  // namespace svidence::metrics
