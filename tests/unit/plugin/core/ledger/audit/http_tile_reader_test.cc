#include "plugin/core/ledger/audit/http_tile_reader.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;

// Answers one after the other; the last one stays.
class ScriptedClient final : public http::Client {
 public:
  explicit ScriptedClient(std::vector<StatusOr<http::Response>> answers)
      : answers_(std::move(answers)) {}

  StatusOr<http::Response> Send(std::string_view url, const http::Request& request,
                                const http::FetchLimits& limits) override {
    EXPECT_EQ(request.method, "GET");
    max_body = limits.max_body_bytes;
    urls.emplace_back(url);
    StatusOr<http::Response> answer = answers_.front();
    if (answers_.size() > 1) answers_.erase(answers_.begin());
    return answer;
  }

  std::vector<std::string> urls;
  std::size_t max_body = 0;

 private:
  std::vector<StatusOr<http::Response>> answers_;
};

http::Response Answer(int status, std::string body = {}) {
  return {.status = status, .content_type = "", .cache_control = "", .body = std::move(body)};
}

struct Case {
  std::string name;
  std::vector<StatusOr<http::Response>> answers;
  StatusCode wants;
  std::size_t tries;
};

class HttpTileReaderTest : public ::testing::TestWithParam<Case> {};

TEST_P(HttpTileReaderTest, SaysWhatTheAnswerMeans) {
  ScriptedClient client(GetParam().answers);
  std::vector<std::chrono::milliseconds> waits;
  HttpTileReader tiles(client, "https://log.example.org/x",
                       [&waits](std::chrono::milliseconds wait) { waits.push_back(wait); });
  const StatusOr<std::string> body = tiles.Read("tile/0/000", 5);
  EXPECT_EQ(body.status().code(), GetParam().wants) << body.status();
  EXPECT_EQ(client.urls.size(), GetParam().tries);
  EXPECT_EQ(client.max_body, 5U);
  EXPECT_EQ(waits.size() + 1, GetParam().tries);
  for (std::size_t i = 1; i < waits.size(); ++i) EXPECT_EQ(waits[i], 4 * waits[i - 1]);
  for (const std::string& url : client.urls) {
    EXPECT_EQ(url, "https://log.example.org/x/tile/0/000");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, HttpTileReaderTest,
    ::testing::Values(
        Case{"Ok", {Answer(200, "12345")}, StatusCode::kOk, 1},
        Case{"Gone", {Answer(404)}, StatusCode::kNotFound, 1},
        Case{"GoneForEver", {Answer(410)}, StatusCode::kNotFound, 1},
        Case{"Forbidden", {Answer(403)}, StatusCode::kUnavailable, 1},
        Case{"Redirect", {Answer(302)}, StatusCode::kUnavailable, 1},
        Case{"Empty", {Answer(204)}, StatusCode::kUnavailable, 1},
        Case{"TooLong", {Answer(200, "123456")}, StatusCode::kDataLoss, 1},
        Case{"TooLongForTheClient", {ResourceExhausted("long")}, StatusCode::kDataLoss, 1},
        Case{"BadUrl", {InvalidArgument("no URL")}, StatusCode::kInvalidArgument, 1},
        Case{"BusyOnce", {Answer(503), Answer(200, "1")}, StatusCode::kOk, 2},
        Case{"LimitedTwice", {Answer(429), Answer(429), Answer(200)}, StatusCode::kOk, 3},
        Case{"SilentOnce", {DeadlineExceeded("slow"), Answer(404)}, StatusCode::kNotFound, 2},
        Case{"NeverThere", {Unavailable("refused")}, StatusCode::kUnavailable, 4},
        Case{"AlwaysBusy", {Answer(500)}, StatusCode::kUnavailable, 4}),
    [](const auto& test) { return test.param.name; });

TEST(HttpTileReaderUrlTest, TakesAnAddressWithItsSlash) {
  ScriptedClient client({Answer(200, "x")});
  HttpTileReader tiles(client, "https://log.example.org/", [](std::chrono::milliseconds) {});
  EXPECT_THAT(tiles.Read("checkpoint", 9), IsOkAndHolds("x"));
  EXPECT_THAT(client.urls, ElementsAre("https://log.example.org/checkpoint"));
}

}  // namespace
}  // namespace svidence::ledger
