// The HTTP server over real sockets: garbage, smuggling, slow, many and silent
// peers, TLS.
#include "plugin/adapters/http/server.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/adapters/http/client.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "tests/support/fake_http.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_certificates.h"

namespace svidence::http {
namespace {

using linux_os::UniqueFd;
using std::chrono::milliseconds;
using ::svidence::testing::FunctionHandler;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TemporaryDirectory;
using ::svidence::testing::TestAuthority;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

UniqueFd Connect(std::uint16_t port) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return fd;
}

void SendAll(const UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has closed: what it answered says why
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Until the server closes.
std::string ReadAll(const UniqueFd& fd) {
  std::string all;
  char buffer[4096];
  for (;;) {
    const ssize_t got = recv(fd.get(), buffer, sizeof(buffer), 0);
    if (got <= 0) return got < 0 && all.empty() ? "error " + std::to_string(errno) : all;
    all.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string Exchange(std::uint16_t port, std::string_view bytes) {
  const UniqueFd fd = Connect(port);
  SendAll(fd, bytes);
  return ReadAll(fd);
}

std::size_t CountOf(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

std::size_t OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// What must come true soon, because another thread does it.
bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

constexpr std::string_view kLast = "Host: a\r\nConnection: close\r\n\r\n";

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    auto server = Server::Start(std::move(options), handler_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::uint16_t port() const { return server_->port(); }
  std::string Send(std::string_view bytes) { return Exchange(port(), bytes); }

  std::atomic<int> calls_ = 0;
  FunctionHandler handler_{[this](const Request& request) -> Response {
    ++calls_;
    return {.body = "<" + request.method + request.target + request.body + ">"};
  }};
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  Start();
  const std::string answer = Send(
      "GET /one HTTP/1.1\r\nHost: a\r\n\r\nPOST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
      "\r\nabcHEAD /three HTTP/1.1\r\n" +
      std::string(kLast));
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200 OK\r\n"), 3U) << answer;
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n<GET/one>HTTP/1.1"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n<POST/twoabc>HTTP/1.1"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));  // of what GET would answer
  EXPECT_THAT(answer, Not(HasSubstr("<HEAD/three>")));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
}

struct BadCase {
  std::string name;
  std::string bytes;
  int status;  // 0: closed without a word
};

class HttpGarbageTest : public HttpServerTest, public ::testing::WithParamInterface<BadCase> {};

// Nothing of these may reach the handler, and what follows them on the connection
// may not be taken for a request: that is what smuggling lives on.
TEST_P(HttpGarbageTest, IsRefusedAndTheConnectionWithIt) {
  Start();
  const UniqueFd fd = Connect(port());
  SendAll(fd, GetParam().bytes);
  SendAll(fd, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  shutdown(fd.get(), SHUT_WR);
  const std::string answer = ReadAll(fd);
  if (GetParam().status == 0) {
    EXPECT_EQ(answer, "");
  } else {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  }
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 "), GetParam().status == 0 ? 0U : 1U);
  EXPECT_EQ(calls_, 0);
  EXPECT_THAT(Send("GET /next HTTP/1.1\r\n" + std::string(kLast)), HasSubstr("<GET/next>"));
}

std::string PostWith(const std::string& headers, const std::string& body = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, HttpGarbageTest,
    ::testing::Values(
        BadCase{"Noise", std::string("\x16\x03\x01\0\xff\r\n\r\n", 9), 400},
        BadCase{"NoVersion", "GET /\r\n\r\n", 400},
        BadCase{"VersionTwo", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        BadCase{"TwoLengths", PostWith("Content-Length: 3\r\nContent-Length: 5\r\n", "abc"), 400},
        BadCase{"SameLengthTwice", PostWith("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
                400},
        BadCase{"LengthList", PostWith("Content-Length: 3, 3\r\n", "abc"), 400},
        BadCase{"SignedLength", PostWith("Content-Length: +3\r\n", "abc"), 400},
        BadCase{"NegativeLength", PostWith("Content-Length: -1\r\n"), 400},
        BadCase{"HexLength", PostWith("Content-Length: 0x3\r\n", "abc"), 400},
        BadCase{"HugeLength", PostWith("Content-Length: 99999999999999999999999\r\n"), 400},
        BadCase{"Chunked", PostWith("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 411},
        BadCase{"LengthAndChunked",
                PostWith("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        BadCase{"ChunkedAndLength",
                PostWith("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
        BadCase{"ChunkedInDisguise", PostWith("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 411},
        BadCase{"SpaceBeforeColon", PostWith("Content-Length : 3\r\n", "abc"), 400},
        BadCase{"FoldedLength", PostWith("X: a\r\n Content-Length: 3\r\n", "abc"), 411},
        BadCase{"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", 505},
        BadCase{"ZeroInHeader", PostWith(std::string("X: a\0b\r\n", 8)), 400},
        BadCase{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        BadCase{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        BadCase{"AbsoluteTarget", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadCase{"EncodedTarget", "GET /%2e%2e/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadCase{"Query", "GET /x?y HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadCase{"Delete", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        BadCase{"Expectation", PostWith("Content-Length: 1\r\nExpect: 100-continue\r\n"), 417},
        BadCase{"HeadTooLarge", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17000, 'x'), 431},
        BadCase{"BodyTooLarge", PostWith("Content-Length: 1048577\r\n"), 413},
        BadCase{"HalfAHead", "GET / HTTP/1.1\r\nHo", 400}),
    [](const auto& test) { return test.param.name; });

TEST_F(HttpServerTest, TakesABodyUpToItsBound) {
  Start({.max_body_bytes = 10});
  const std::string head = "POST / HTTP/1.1\r\nConnection: close\r\nHost: a\r\nContent-Length: ";
  EXPECT_THAT(Send(head + "10\r\n\r\n0123456789"), HasSubstr("<POST/0123456789>"));
  EXPECT_THAT(Send(head + "11\r\n\r\n0123456789a"), StartsWith("HTTP/1.1 413 "));
}

// The answer must not be lost because more was sent than the server reads.
TEST_F(HttpServerTest, LetsAPeerThatSendsTooMuchReadWhy) {
  Start();
  const UniqueFd fd = Connect(port());
  SendAll(fd, PostWith("Content-Length: 9000000\r\n", std::string(200'000, 'x')));
  EXPECT_THAT(ReadAll(fd), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, EndsThoseThatAreSlowOrSilent) {
  Start({.idle_time = milliseconds(50), .read_time = milliseconds(50)});
  const UniqueFd silent = Connect(port());
  const UniqueFd slow = Connect(port());
  SendAll(slow, "GET / HTTP/1.1\r\nHo");
  const UniqueFd in_body = Connect(port());
  SendAll(in_body, PostWith("Content-Length: 10\r\n", "12345"));
  EXPECT_EQ(ReadAll(silent), "");
  EXPECT_EQ(ReadAll(slow), "");
  EXPECT_EQ(ReadAll(in_body), "");
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
}

// A byte now and then does not move the deadline.
TEST_F(HttpServerTest, CountsTheTimeOfAWholeRequest) {
  Start({.read_time = milliseconds(200)});
  const UniqueFd fd = Connect(port());
  std::jthread dripping([&](const std::stop_token& stop) {
    SendAll(fd, "GET / HTTP/1.1\r\nHost: ");
    while (!stop.stop_requested()) {
      SendAll(fd, "a");
      std::this_thread::sleep_for(milliseconds(10));
    }
  });
  EXPECT_THAT(ReadAll(fd), Not(HasSubstr("HTTP/1.1 200")));
  dripping.request_stop();
  EXPECT_EQ(calls_, 0);
}

TEST_F(HttpServerTest, AnswersAPeerThatHasClosedItsHalf) {
  Start();
  const UniqueFd fd = Connect(port());
  SendAll(fd, "GET /half HTTP/1.1\r\nHost: a\r\n\r\n");
  shutdown(fd.get(), SHUT_WR);
  EXPECT_THAT(ReadAll(fd), HasSubstr("<GET/half>"));
}

TEST_F(HttpServerTest, LetsFurtherConnectionsWait) {
  Start({.max_connections = 1});
  UniqueFd first = Connect(port());
  ASSERT_TRUE(Eventually([&] { return server_->connections() == 1; }));
  const UniqueFd second = Connect(port());  // the kernel takes it
  SendAll(second, "GET /second HTTP/1.1\r\n" + std::string(kLast));
  SendAll(first, "GET /first HTTP/1.1\r\n" + std::string(kLast));
  EXPECT_THAT(ReadAll(first), HasSubstr("<GET/first>"));
  first = UniqueFd();
  EXPECT_THAT(ReadAll(second), HasSubstr("<GET/second>"));
}

TEST_F(HttpServerTest, LosesNoDescriptor) {
  Start();
  Send("GET / HTTP/1.1\r\n" + std::string(kLast));
  ASSERT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  const std::size_t before = OpenDescriptors();
  for (int i = 0; i < 200; ++i) {
    Send("GET / HTTP/1.1\r\n" + std::string(kLast));
    Exchange(port(), "garbage\r\n\r\n");
    Connect(port());  // and gone
  }
  ASSERT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  EXPECT_EQ(OpenDescriptors(), before);
  server_.reset();
  EXPECT_LT(OpenDescriptors(), before);
}

TEST_F(HttpServerTest, GoesOnWhenAHandlerThrows) {
  FunctionHandler throwing([](const Request& request) -> Response {
    if (request.target == "/throw") throw std::runtime_error("secret detail");
    return {.body = "fine"};
  });
  const auto server = *Server::Start({}, throwing);
  const std::string answer =
      Exchange(server->port(),
               "GET /throw HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n" + std::string(kLast));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, HasSubstr("fine"));
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
}

TEST_F(HttpServerTest, LetsARequestUnderWayEndWhenItStops) {
  std::latch entered(1);
  std::latch go_on(1);
  FunctionHandler waiting([&](const Request& /*request*/) -> Response {
    entered.count_down();
    go_on.wait();
    return {.body = "finished"};
  });
  auto server = *Server::Start({.stop_time = std::chrono::seconds(20)}, waiting);
  const UniqueFd idle = Connect(server->port());
  const UniqueFd busy = Connect(server->port());
  SendAll(busy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  entered.wait();
  std::jthread stopping([&] { server.reset(); });
  EXPECT_EQ(ReadAll(idle), "");
  go_on.count_down();
  EXPECT_THAT(ReadAll(busy), HasSubstr("finished"));
}

TEST_F(HttpServerTest, RefusesOptionsThatCannotWork) {
  EXPECT_THAT(Server::Start({.host = "localhost"}, handler_).status(),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Server::Start({.threads = 0}, handler_).status(),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Server::Start({.max_connections = 0}, handler_).status(),
              StatusIs(StatusCode::kInvalidArgument));
  Start();
  EXPECT_THAT(Server::Start({.port = port()}, handler_).status(),
              StatusIs(StatusCode::kAlreadyExists));
}

TEST_F(HttpServerTest, GivesUpOnASlowServerInTime) {
  std::latch done(1);
  FunctionHandler waiting([&](const Request& /*request*/) -> Response {
    done.wait();
    return {};
  });
  const auto server = *Server::Start({}, waiting);
  const auto client = *CurlClient::Create({});
  const std::string url = "http://127.0.0.1:" + std::to_string(server->port()) + "/";
  EXPECT_THAT(client->Send(url, {}, {.timeout = milliseconds(50)}).status(),
              StatusIs(StatusCode::kDeadlineExceeded));
  std::future<StatusOr<Response>> hanging = std::async(std::launch::async, [&] {
    return client->Send(url, {}, {.timeout = std::chrono::minutes(5)});
  });
  ASSERT_TRUE(Eventually([&] { return server->connections() > 0; }));
  client->Stop();
  EXPECT_THAT(hanging.get().status(), StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(client->Send(url, {}, {}).status(), StatusIs(StatusCode::kCancelled));
  done.count_down();
}

TEST_F(HttpServerTest, IsAskedByManyThreadsAtOnce) {
  Start({.threads = 4});
  const auto client = *CurlClient::Create({});
  const std::string url = "http://127.0.0.1:" + std::to_string(port()) + "/x";
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const auto answer = client->Send(url, {}, {});
          if (answer.ok() && answer->body == "<GET/x>") ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 400);
}

TEST_F(HttpServerTest, FollowsNoRedirect) {
  FunctionHandler redirecting([](const Request&) -> Response { return {.status = 302}; });
  const auto server = *Server::Start({}, redirecting);
  const auto client = *CurlClient::Create({});
  const auto answer =
      client->Send("http://127.0.0.1:" + std::to_string(server->port()) + "/", {}, {});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
}

// TLS.

void WriteFile(const std::string& path, const std::string& bytes, mode_t mode = 0600) {
  std::ofstream(path + ".new", std::ios::trunc) << bytes;
  chmod((path + ".new").c_str(), mode);
  std::filesystem::rename(path + ".new", path);
}

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

ContextPtr ClientContext(const TestAuthority& authority,
                         const TestAuthority::Signed* own = nullptr) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::string pem = authority.pem();
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* anchor = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), anchor);
  X509_free(anchor);
  BIO_free(bio);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (own == nullptr) return context;
  bio = BIO_new_mem_buf(own->certificate.data(), static_cast<int>(own->certificate.size()));
  X509* leaf = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context.get(), leaf);
  X509_free(leaf);
  BIO_free(bio);
  bio = BIO_new_mem_buf(own->key.data(), static_cast<int>(own->key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context.get(), key);
  EVP_PKEY_free(key);
  BIO_free(bio);
  return context;
}

// The whole answer; "refused" if the handshake or the exchange fails.
std::string TlsExchange(std::uint16_t port, SSL_CTX* context, bool* resumable = nullptr) {
  const UniqueFd fd = Connect(port);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context), SSL_free);
  SSL_set_fd(ssl.get(), fd.get());
  const std::string request = "GET /tls HTTP/1.1\r\n" + std::string(kLast);
  if (SSL_connect(ssl.get()) != 1 ||
      SSL_write(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    return "refused";
  }
  std::string all;
  char buffer[4096];
  for (int got = 0; (got = SSL_read(ssl.get(), buffer, sizeof(buffer))) > 0;) {
    all.append(buffer, static_cast<std::size_t>(got));
  }
  if (resumable != nullptr) *resumable = SSL_SESSION_is_resumable(SSL_get_session(ssl.get())) == 1;
  return all.empty() ? "refused" : all;
}

class HttpTlsTest : public ::testing::Test {
 protected:
  HttpTlsTest() {
    Renew();
    WriteFile(files_.client_ca, clients_.pem());
  }
  void Renew() {
    const TestAuthority::Signed own = servers_.Issue("IP:127.0.0.1");
    WriteFile(files_.certificate, own.certificate);
    WriteFile(files_.key, own.key);
  }
  StatusOr<std::unique_ptr<Server>> Start() {
    return Server::Start({.read_time = milliseconds(500), .tls = files_}, handler_);
  }

  TemporaryDirectory directory_;
  TestAuthority servers_;
  TestAuthority clients_;
  TlsFiles files_{.certificate = directory_.File("cert.pem"),
                  .key = directory_.File("key.pem"),
                  .client_ca = directory_.File("clients.pem")};
  FunctionHandler handler_{[](const Request& request) -> Response {
    if (!request.peer) return {.body = "<nobody>"};
    return {.body = "<" + std::to_string(request.peer->uris.size()) + " " +
                    request.peer->spiffe_id + ">"};
  }};
};

TEST_F(HttpTlsTest, TellsTheHandlerWhoThePeerHasProvedToBe) {
  const auto server = *Start();
  const auto ask = [&](const char* names) {
    const TestAuthority::Signed own = clients_.Issue(names);
    return TlsExchange(server->port(), ClientContext(servers_, &own).get());
  };
  EXPECT_THAT(TlsExchange(server->port(), ClientContext(servers_).get()), HasSubstr("<nobody>"));
  EXPECT_THAT(ask("URI:spiffe://example.org/mirror"), HasSubstr("<1 spiffe://example.org/mirror>"));
  EXPECT_THAT(ask("URI:spiffe://example.org/a,URI:spiffe://example.org/b"), HasSubstr("<2 >"));
  EXPECT_THAT(ask("URI:https://example.org/a"), HasSubstr("<1 >"));
  EXPECT_THAT(ask("DNS:example.org"), HasSubstr("<0 >"));
}

TEST_F(HttpTlsTest, RefusesAClientThatAnotherAuthorityVouchesFor) {
  const auto server = *Start();
  const TestAuthority::Signed foreign = servers_.Issue("URI:spiffe://example.org/mirror");
  EXPECT_EQ(TlsExchange(server->port(), ClientContext(servers_, &foreign).get()), "refused");
}

TEST_F(HttpTlsTest, AsksForNoCertificateWithoutAuthorities) {
  files_.client_ca.clear();
  const auto server = *Start();
  const TestAuthority::Signed own = clients_.Issue("URI:spiffe://example.org/mirror");
  EXPECT_THAT(TlsExchange(server->port(), ClientContext(servers_, &own).get()),
              HasSubstr("<nobody>"));
}

TEST_F(HttpTlsTest, SpeaksOneVersionAndGivesNoTickets) {
  const auto server = *Start();
  const ContextPtr old = ClientContext(servers_);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  EXPECT_EQ(TlsExchange(server->port(), old.get()), "refused");
  bool resumable = true;
  EXPECT_THAT(TlsExchange(server->port(), ClientContext(servers_).get(), &resumable),
              HasSubstr("<nobody>"));
  EXPECT_FALSE(resumable);
  EXPECT_THAT(Exchange(server->port(), "GET / HTTP/1.1\r\n" + std::string(kLast)),
              Not(HasSubstr("HTTP/1.1 200")));  // plain text to a TLS port
}

TEST_F(HttpTlsTest, ReadsItsFilesAnewWhenTheyChange) {
  const auto server = *Start();
  const TestAuthority others;
  EXPECT_EQ(TlsExchange(server->port(), ClientContext(others).get()), "refused");
  // A key that does not belong to the certificate: the old pair stays in force.
  const TestAuthority::Signed renewed = others.Issue("IP:127.0.0.1");
  WriteFile(files_.key, renewed.key);
  ASSERT_TRUE(Eventually([&, end = std::chrono::steady_clock::now() + milliseconds(1200)] {
    return std::chrono::steady_clock::now() > end;
  }));
  EXPECT_THAT(TlsExchange(server->port(), ClientContext(servers_).get()), HasSubstr("<nobody>"));
  WriteFile(files_.certificate, renewed.certificate);
  EXPECT_TRUE(Eventually(
      [&] { return TlsExchange(server->port(), ClientContext(others).get()) != "refused"; }));
}

TEST_F(HttpTlsTest, RefusesToStartWithFilesThatAreNotUsable) {
  WriteFile(files_.key, servers_.Issue("IP:127.0.0.1").key);
  EXPECT_THAT(Start().status(), StatusIs(StatusCode::kInvalidArgument));
  Renew();
  chmod(files_.key.c_str(), 0640);
  EXPECT_THAT(Start().status(), StatusIs(StatusCode::kFailedPrecondition));
  Renew();
  WriteFile(files_.client_ca, "");
  EXPECT_THAT(Start().status(), StatusIs(StatusCode::kInvalidArgument));
  std::filesystem::remove(files_.certificate);
  EXPECT_THAT(Start().status(), StatusIs(StatusCode::kNotFound));
}

TEST_F(HttpTlsTest, IsVerifiedByOurClient) {
  const auto server = *Start();
  const std::string url = "https://127.0.0.1:" + std::to_string(server->port()) + "/";
  WriteFile(directory_.File("servers.pem"), servers_.pem());
  const auto trusting = *CurlClient::Create({.ca_file = directory_.File("servers.pem")});
  const auto answer = trusting->Send(url, {}, {});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "<nobody>");
  EXPECT_THAT((*CurlClient::Create({}))->Send(url, {}, {}).status(),
              StatusIs(StatusCode::kUnavailable));
  const std::string other_name = "https://localhost:" + std::to_string(server->port()) + "/";
  EXPECT_THAT(trusting->Send(other_name, {}, {}).status(), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(CurlClient::Create({.ca_file = "/nonexistent"}).status(),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::http
