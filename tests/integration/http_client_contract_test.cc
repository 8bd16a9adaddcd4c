// The port http::Client, over libcurl and Beast on loopback, and in memory: the
// fake must not drift from what is real.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/http/client.h"
#include "plugin/adapters/http/server.h"
#include "tests/support/fake_http.h"
#include "tests/support/status_matchers.h"

namespace svidence::http {
namespace {

using ::svidence::testing::FakeHttpClient;
using ::svidence::testing::FunctionHandler;
using ::svidence::testing::StatusIs;

class Real {
 public:
  explicit Real(Handler& handler)
      : server_(*Server::Start({}, handler)),
        origin_("http://127.0.0.1:" + std::to_string(server_->port())),
        client_(*CurlClient::Create({})) {}
  Client& client() { return *client_; }
  const std::string& origin() const { return origin_; }
  void Down() { server_.reset(); }

 private:
  std::unique_ptr<Server> server_;
  const std::string origin_;
  std::unique_ptr<CurlClient> client_;
};

class Fake {
 public:
  explicit Fake(Handler& handler) { client_.Route(origin(), &handler); }
  Client& client() { return client_; }
  std::string origin() const { return "http://fake.example"; }
  void Down() { client_.Route(origin(), nullptr); }

 private:
  FakeHttpClient client_;
};

template <typename Backend>
class HttpClientContractTest : public ::testing::Test {
 protected:
  StatusOr<Response> Send(const std::string& path, const Request& request = {},
                          const FetchLimits& limits = {}) {
    return backend_.client().Send(backend_.origin() + path, request, limits);
  }

  // Answers with what it was asked, and the status that the path says.
  FunctionHandler handler_{[](const Request& request) -> Response {
    if (request.target == "/long") return {.body = std::string(1000, 'x')};
    const int status = request.target == "/conflict" ? 409 : 200;
    return {.status = status,
            .content_type = "text/x.echo",
            .cache_control = "no-store",
            .body = request.method + " " + request.target + " [" + request.content_type + "] " +
                    request.body};
  }};
  Backend backend_{handler_};
};

using Backends = ::testing::Types<Real, Fake>;
TYPED_TEST_SUITE(HttpClientContractTest, Backends);

TYPED_TEST(HttpClientContractTest, GivesTheAnswerWhatEverItsStatus) {
  const StatusOr<Response> ok = this->Send("/a/b");
  ASSERT_TRUE(ok.ok()) << ok.status();
  EXPECT_EQ(ok->status, 200);
  EXPECT_EQ(ok->body, "GET /a/b [] ");
  EXPECT_EQ(ok->content_type, "text/x.echo");
  EXPECT_EQ(ok->cache_control, "no-store");
  const StatusOr<Response> conflict = this->Send("/conflict");
  ASSERT_TRUE(conflict.ok());
  EXPECT_EQ(conflict->status, 409);
}

TYPED_TEST(HttpClientContractTest, SendsABodyAsItIs) {
  const std::string body("a\0b\r\n\r\nGET / HTTP/1.1\r\n", 23);
  const StatusOr<Response> answer =
      this->Send("/p", {.method = "POST", .content_type = "text/plain", .body = body});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "POST /p [text/plain] " + body);
  const StatusOr<Response> empty = this->Send("/p", {.method = "POST"});
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->body, "POST /p [] ");
}

TYPED_TEST(HttpClientContractTest, GivesNoBodyForHead) {
  const StatusOr<Response> answer = this->Send("/a", {.method = "HEAD"});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
}

TYPED_TEST(HttpClientContractTest, TakesAnAnswerUpToTheLimitAndNoneAboveIt) {
  EXPECT_TRUE(this->Send("/long", {}, {.max_body_bytes = 1000}).ok());
  EXPECT_THAT(this->Send("/long", {}, {.max_body_bytes = 999}).status(),
              StatusIs(StatusCode::kResourceExhausted));
}

TYPED_TEST(HttpClientContractTest, SaysThatNobodyListens) {
  this->backend_.Down();
  EXPECT_THAT(this->Send("/a").status(), StatusIs(StatusCode::kUnavailable));
}

TYPED_TEST(HttpClientContractTest, RefusesWhatIsNoUrlOfOurs) {
  for (const char* url : {"", "/a", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1:80"}) {
    EXPECT_THAT(this->backend_.client().Send(url, {}, {}).status(),
                StatusIs(StatusCode::kInvalidArgument))
        << url;
  }
}

}  // namespace
}  // namespace svidence::http
