#include "plugin/adapters/http/server.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "attestors/base/quote.h"
#include "attestors/base/spiffe_id.h"
#include "plugin/adapters/http/request_rules.h"
#include "plugin/adapters/openssl/tls_server.h"
#include "plugin/adapters/openssl/x509_reader.h"

namespace svidence::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = std::size_t{8} << 10U;
constexpr std::size_t kMaxThreads = 64;
constexpr std::size_t kMinPerAddress = 8;
// After an error the peer may go on sending: that much is read and dropped, so that
// closing does not reset the connection under the answer.
constexpr std::size_t kMaxDrainedBytes = std::size_t{256} << 10U;
constexpr std::chrono::seconds kDrainTime{2};
// How long accepting rests after the kernel had no descriptor or memory for it.
constexpr std::chrono::seconds kAcceptPause{1};
constexpr const char* kSubjectAltName = "2.5.29.17";

// One connection, as the server sees it. Counted as long as it exists.
class Session {
 public:
  virtual ~Session() = default;
  // On any thread: ends it, unless a request is under way, which ends it then.
  virtual void Stop() = 0;
};

// What all connections share. Outlives them.
class Hub {
 public:
  Hub(const ServerOptions& options, Handler& handler) : options_(options), handler_(handler) {}

  const ServerOptions& options() const { return options_; }

  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
  }
  bool full() const { return connections() >= options_.max_connections; }

  // False if `address` has as many connections as it may have.
  bool Admit(const asio::ip::address& address) {
    const std::lock_guard lock(mutex_);
    const std::size_t limit = address.is_loopback()
                                  ? options_.max_connections
                                  : std::max(options_.max_connections / 4, kMinPerAddress);
    std::size_t& count = per_address_[address];
    if (count >= limit) return false;
    ++count;
    return true;
  }
  void Add(Session* session, const std::weak_ptr<Session>& weak) {
    const std::lock_guard lock(mutex_);
    sessions_[session] = weak;
  }
  // Of a session that ends, or one that was admitted and never came to be (null).
  void Forget(Session* session, const asio::ip::address& address) {
    std::function<void()> released;
    {
      const std::lock_guard lock(mutex_);
      sessions_.erase(session);
      const auto found = per_address_.find(address);
      if (found != per_address_.end() && --found->second == 0) per_address_.erase(found);
      if (!stopping_) released = released_;
    }
    changed_.notify_all();
    if (released) released();
  }
  // Called whenever a connection has ended.
  void OnRelease(std::function<void()> released) {
    const std::lock_guard lock(mutex_);
    released_ = std::move(released);
  }

  // Returns when all sessions are gone, or after the time for it.
  void StopAll() {
    std::vector<std::shared_ptr<Session>> alive;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const auto& [session, weak] : sessions_) alive.push_back(weak.lock());
    }
    for (const std::shared_ptr<Session>& session : alive) {
      if (session != nullptr) session->Stop();
    }
    alive.clear();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, options_.stop_time, [this] { return sessions_.empty(); });
  }

  Response Answer(const Request& request) noexcept try {
    return handler_.Handle(request);
  } catch (const std::exception&) {
    return {.status = 500, .content_type = "text/plain", .body = "internal error\n"};
  }

 private:
  const ServerOptions& options_;
  Handler& handler_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Session*, std::weak_ptr<Session>> sessions_;
  std::map<asio::ip::address, std::size_t> per_address_;
  std::function<void()> released_;
  bool stopping_ = false;
};

std::optional<Peer> PeerOf(const std::optional<std::string>& der) {
  if (!der) return std::nullopt;
  const auto read = openssl::ReadCertificates(*der, kSubjectAltName);
  if (!read.ok() || read->size() != 1) return std::nullopt;
  Peer peer{.uris = read->front().uris, .spiffe_id = {}};
  if (peer.uris.size() == 1 && SpiffeId::Parse(peer.uris.front()).ok()) {
    peer.spiffe_id = peer.uris.front();
  }
  return peer;
}

RequestHead HeadOf(const wire::request_header<>& header) {
  const auto view = [](beast::string_view text) {
    return std::string_view(text.data(), text.size());
  };
  return {.method = view(header.method_string()),
          .target = view(header.target()),
          .version = header.version(),
          .hosts = header.count(wire::field::host),
          .content_lengths = header.count(wire::field::content_length),
          .content_length = view(header[wire::field::content_length]),
          .transfer_encoding = header.count(wire::field::transfer_encoding) != 0,
          .expect = header.count(wire::field::expect) != 0};
}

int StatusOfReadError(const error_code& error) {
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow) return 431;
  if (error == wire::error::body_limit) return 413;
  if (error == wire::error::bad_version) return 505;
  // The rest of the parser's errors is a request that reads as none.
  return error.category() == wire::make_error_code(wire::error::bad_method).category() &&
                 error != wire::error::end_of_stream && error != wire::error::partial_message
             ? 400
             : 0;
}

// All its work runs on the strand of its stream.
template <typename Stream>
class Connection final : public Session, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  // `context` is what `stream` was made with.
  Connection(Hub& hub, Stream stream, const asio::ip::address& address,
             std::shared_ptr<asio::ssl::context> context)
      : hub_(hub), address_(address), context_(std::move(context)), stream_(std::move(stream)) {}
  ~Connection() override { hub_.Forget(this, address_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start() {
    asio::dispatch(stream_.get_executor(), [self = Self()] { self->Handshake(); });
  }
  void Stop() override {
    asio::post(stream_.get_executor(), [self = Self()] {
      if (!self->busy_) self->Close();
    });
  }

 private:
  std::shared_ptr<Connection> Self() { return this->shared_from_this(); }
  void Within(std::chrono::milliseconds time) {
    beast::get_lowest_layer(stream_).expires_after(time);
  }
  void Close() { beast::get_lowest_layer(stream_).close(); }

  void Handshake() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Within(hub_.options().read_time);
      stream_.async_handshake(
          asio::ssl::stream_base::server, [self = Self()](const error_code& error) {
            if (error) return;
            self->peer_ = PeerOf(openssl::PeerCertificate(*self->stream_.native_handle()));
            self->Await();
          });
    } else {
      Await();
    }
  }

  // For the first byte of the next request.
  void Await() {
    busy_ = false;
    if (hub_.stopping()) return Finish();
    if (buffer_.size() > 0) return ReadHead();
    Within(hub_.options().idle_time);
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = Self()](const error_code& error, std::size_t bytes) {
                              if (error) return;
                              self->buffer_.commit(bytes);
                              self->ReadHead();
                            });
  }

  void ReadHead() {
    busy_ = true;
    // For the whole request: a peer that sends a byte now and then gains nothing.
    Within(hub_.options().read_time);
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(hub_.options().max_header_bytes));
    parser_->body_limit(hub_.options().max_body_bytes);
    wire::async_read_header(
        stream_, buffer_, *parser_,
        [self = Self()](const error_code& error, std::size_t /*bytes*/) { self->OnHead(error); });
  }

  void OnHead(const error_code& error) {
    if (error) return RefuseOrEnd(error);
    if (const int refusal = RefusalOf(HeadOf(parser_->get().base())); refusal != 0) {
      return Refuse(refusal);
    }
    wire::async_read(stream_, buffer_, *parser_,
                     [self = Self()](const error_code& read, std::size_t /*bytes*/) {
                       if (read) return self->RefuseOrEnd(read);
                       self->Handle();
                     });
  }

  void Handle() {
    wire::request<wire::string_body> read = parser_->release();
    const auto text = [](beast::string_view view) { return std::string(view.data(), view.size()); };
    Request request{.method = text(read.method_string()),
                    .target = text(read.target()),
                    .content_type = text(read[wire::field::content_type]),
                    .body = std::move(read.body()),
                    .peer = peer_};
    const Response response = hub_.Answer(request);
    Write(response, read.version(), {.head = request.method == "HEAD", .last = !read.keep_alive()});
  }

  void RefuseOrEnd(const error_code& error) {
    const int status = StatusOfReadError(error);
    if (status != 0) return Refuse(status);
    Close();  // the peer has gone, or its time is over
  }
  void Refuse(int status) {
    refused_ = true;
    Write({.status = status,
           .content_type = "text/plain",
           .body = std::string(ReasonOf(status)) + '\n'},
          11, {.head = false, .last = true});
  }

  struct Manner {
    bool head = false;  // the head of the answer alone
    bool last = false;  // of this connection
  };
  void Write(const Response& response, unsigned version, Manner manner) {
    if (hub_.stopping()) manner.last = true;
    answer_ = {};
    answer_.version(version);
    answer_.result(static_cast<unsigned>(response.status));
    const std::string_view reason = ReasonOf(response.status);
    answer_.reason({reason.data(), reason.size()});
    if (!response.content_type.empty()) {
      answer_.set(wire::field::content_type, response.content_type);
    }
    if (!response.cache_control.empty()) {
      answer_.set(wire::field::cache_control, response.cache_control);
    }
    if (response.status == 405) answer_.set(wire::field::allow, "GET, HEAD, POST");
    answer_.set("X-Content-Type-Options", "nosniff");
    answer_.keep_alive(!manner.last);
    answer_.content_length(response.body.size());
    if (!manner.head) answer_.body() = response.body;
    Within(hub_.options().write_time);
    wire::async_write(stream_, answer_,
                      [self = Self(), manner](const error_code& error, std::size_t /*bytes*/) {
                        if (error) return self->Close();
                        manner.last ? self->Finish() : self->Await();
                      });
  }

  void Finish() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Within(kDrainTime);
      stream_.async_shutdown([self = Self()](const error_code& /*error*/) { self->Close(); });
    } else {
      error_code ignored;  // the peer may have gone already
      stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      if (!refused_) return Close();
      Within(kDrainTime);
      Drain();
    }
  }
  void Drain() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = Self()](const error_code& error, std::size_t bytes) {
                              self->drained_ += bytes;
                              if (error || self->drained_ > kMaxDrainedBytes) return self->Close();
                              self->Drain();
                            });
  }

  Hub& hub_;
  const asio::ip::address address_;
  const std::shared_ptr<asio::ssl::context> context_;  // null if plain
  Stream stream_;
  std::optional<Peer> peer_;
  bool busy_ = true;  // not between two requests
  bool refused_ = false;
  std::size_t drained_ = 0;
  beast::flat_buffer buffer_;
  std::optional<wire::request_parser<wire::string_body>> parser_;
  wire::response<wire::string_body> answer_;
};

Status KernelSays(std::string_view what, const error_code& error) {
  const std::string message = std::string(what) + ": " + error.message();
  if (error == asio::error::address_in_use) return AlreadyExists(message);
  if (error == asio::error::access_denied) return PermissionDenied(message);
  return Internal(message);
}

Status CheckOptions(const ServerOptions& options) {
  if (options.threads == 0 || options.threads > kMaxThreads) {
    return InvalidArgument("a server must have 1 to " + std::to_string(kMaxThreads) +
                           " threads, got " + std::to_string(options.threads));
  }
  if (options.max_connections == 0 || options.max_header_bytes < kReadBytes ||
      options.max_body_bytes == 0) {
    return InvalidArgument("a server must take 1 connection, heads of 8192 bytes and bodies of 1");
  }
  return OkStatus();
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Handler& handler)
      : options_(std::move(options)), hub_(options_, handler) {}

  ~Impl() {
    if (!threads_.empty()) {
      asio::post(accepting_strand_, [this] {
        error_code ignored;  // it is going in any case
        acceptor_.close(ignored);
        pause_.cancel();
      });
      hub_.StopAll();
    }
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status Listen() noexcept try {
    error_code error;
    const asio::ip::address address = asio::ip::make_address(options_.host, error);
    if (error) {
      return InvalidArgument("a server's host must be an IP address, got " + Quote(options_.host));
    }
    const tcp::endpoint endpoint(address, options_.port);
    const std::string where = options_.host + ":" + std::to_string(options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (error) return KernelSays("opening a socket", error);
    acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (error) return KernelSays("binding to " + where, error);
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return KernelSays("listening on " + where, error);
    port_ = acceptor_.local_endpoint().port();
    return OkStatus();
  } catch (const std::exception& error) {
    return Internal(std::string("listening: ") + error.what());
  }

  Status Run(std::optional<TlsContexts> tls) noexcept try {
    tls_ = std::move(tls);
    hub_.OnRelease([this] { asio::post(accepting_strand_, [this] { Accept(); }); });
    asio::post(accepting_strand_, [this] { Accept(); });
    for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
    return OkStatus();
  } catch (const std::exception&) {
    return ResourceExhausted("no threads for the server; raise the limit of tasks");
  }

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return hub_.connections(); }

 private:
  // A step that runs out of memory ends its connection, not the server.
  void Work() noexcept {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception&) {
        continue;
      }
    }
  }

  // What follows runs on accepting_strand_.
  void Accept() {
    if (waiting_ || !acceptor_.is_open() || hub_.full()) return;
    waiting_ = true;
    acceptor_.async_accept(
        asio::make_strand(io_),
        asio::bind_executor(accepting_strand_, [this](const error_code& error, tcp::socket socket) {
          waiting_ = false;
          OnAccepted(error, std::move(socket));
        }));
  }

  void OnAccepted(const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
        error == asio::error::no_buffer_space ||
        error == boost::system::errc::too_many_files_open_in_system) {
      waiting_ = true;
      pause_.expires_after(kAcceptPause);
      pause_.async_wait(asio::bind_executor(accepting_strand_, [this](const error_code& /*error*/) {
        waiting_ = false;
        Accept();
      }));
      return;
    }
    if (!error) Begin(std::move(socket));
    Accept();
  }

  void Begin(tcp::socket socket) {
    error_code error;
    const asio::ip::address address = socket.remote_endpoint(error).address();
    if (error || !hub_.Admit(address)) return;  // closed at once
    socket.set_option(tcp::no_delay(true), error);
    try {
      Launch(std::move(socket), address);
    } catch (const std::exception&) {
      hub_.Forget(nullptr, address);
    }
  }

  void Launch(tcp::socket socket, const asio::ip::address& address) {
    if (!tls_) return Launch(PlainStream(std::move(socket)), address, nullptr);
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        SteadyClock::now().time_since_epoch());
    std::shared_ptr<ssl_ctx_st> native = tls_->Current(now.count());
    SSL_CTX_up_ref(native.get());  // the context below gives one up
    auto context = std::make_shared<asio::ssl::context>(native.get());
    TlsStream stream(std::move(socket), *context);
    Launch(std::move(stream), address, std::move(context));
  }

  template <typename Stream>
  void Launch(Stream stream, const asio::ip::address& address,
              std::shared_ptr<asio::ssl::context> context) {
    auto connection =
        std::make_shared<Connection<Stream>>(hub_, std::move(stream), address, std::move(context));
    hub_.Add(connection.get(), connection);
    connection->Start();
  }

  const ServerOptions options_;
  Hub hub_;
  std::optional<TlsContexts> tls_;
  std::uint16_t port_ = 0;
  bool waiting_ = false;  // for a connection, or for the pause to end
  asio::io_context io_;   // goes before what its handlers use
  asio::strand<asio::io_context::executor_type> accepting_strand_{asio::make_strand(io_)};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  std::vector<std::thread> threads_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return impl_->port(); }
std::size_t Server::connections() const { return impl_->connections(); }

StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, Handler& handler) {
  SVIDENCE_RETURN_IF_ERROR(CheckOptions(options));
  std::optional<TlsContexts> tls;
  if (options.tls) {
    StatusOr<TlsContexts> opened = TlsContexts::Open(*options.tls);
    if (!opened.ok()) return Annotate(opened.status(), "TLS");
    tls = *std::move(opened);
  }
  auto impl = std::make_unique<Impl>(std::move(options), handler);
  SVIDENCE_RETURN_IF_ERROR(impl->Listen());
  SVIDENCE_RETURN_IF_ERROR(impl->Run(std::move(tls)));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace svidence::http
