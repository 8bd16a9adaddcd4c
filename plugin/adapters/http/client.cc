#include "plugin/adapters/http/client.h"

#include <new>
#include <utility>

#include <curl/curl.h>
#include <unistd.h>

#include "attestors/base/quote.h"

namespace svidence::http {
namespace {

constexpr std::size_t kMaxIdleHandles = 16;
constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10U;
constexpr std::size_t kMaxShownUrl = 256;
constexpr long kConnectionsPerHandle = 2;  // NOLINT(google-runtime-int): libcurl's own type

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using ListPtr = std::unique_ptr<curl_slist, Free<curl_slist_free_all>>;
using UrlPtr = std::unique_ptr<CURLU, Free<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, Free<curl_free>>;

// What one call collects. Filled by libcurl's callbacks, which must not throw.
struct Exchange {
  std::string body{};
  std::size_t max_body_bytes = 0;
  std::size_t header_bytes = 0;
  bool too_long = false;
  const std::atomic<bool>* stopped = nullptr;
};

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::size_t bytes = size * count;
  if (bytes > exchange.max_body_bytes - exchange.body.size()) {
    exchange.too_long = true;
    return 0;
  }
  try {
    exchange.body.append(data, bytes);
  } catch (const std::bad_alloc&) {
    exchange.too_long = true;
    return 0;
  }
  return bytes;
}

std::size_t OnHeader(char* /*data*/, std::size_t size, std::size_t count, void* user) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += size * count;
  if (exchange.header_bytes <= kMaxHeaderBytes) return size * count;
  exchange.too_long = true;
  return 0;
}

int OnProgress(void* user, curl_off_t /*dltotal*/, curl_off_t /*dlnow*/, curl_off_t /*ultotal*/,
               curl_off_t /*ulnow*/) noexcept {
  return static_cast<Exchange*>(user)->stopped->load() ? 1 : 0;
}

CurlText UrlPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return nullptr;
  return CurlText(text);
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

// Errors: InvalidArgument unless it is a plain http or https URL.
StatusOr<std::string> HostOf(std::string_view text) {
  const std::string whole(text);
  const UrlPtr url(curl_url());
  if (url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return InvalidArgument("must be a URL without a user's name, got " + Quote(text, kMaxShownUrl));
  }
  const CurlText scheme = UrlPart(url.get(), CURLUPART_SCHEME);
  const CurlText host = UrlPart(url.get(), CURLUPART_HOST);
  const std::string_view name = scheme == nullptr ? "" : scheme.get();
  if (host == nullptr || (name != "http" && name != "https") ||
      whole.find('\0') != std::string::npos) {
    return InvalidArgument("a URL must begin with http:// or https://, got " +
                           Quote(text, kMaxShownUrl));
  }
  return std::string(host.get());
}

// curl_easy_setopt is variadic in C; the few spellings that we use.
template <typename Value>
bool Set(CURL* curl, CURLoption option, Value value) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): libcurl declares it so.
  return curl_easy_setopt(curl, option, value) == CURLE_OK;
}
bool Set(CURL* curl, CURLoption option, bool value) { return Set(curl, option, value ? 1L : 0L); }
bool Set(CURL* curl, CURLoption option, const std::string& value) {
  return Set(curl, option, value.c_str());
}

Status Failure(CURLcode code, std::string_view url, const Exchange& exchange) {
  const std::string where = Quote(url, kMaxShownUrl);
  if (exchange.too_long) {
    return ResourceExhausted("the answer of " + where + " is longer than " +
                             std::to_string(exchange.max_body_bytes) + " bytes");
  }
  if (code == CURLE_OPERATION_TIMEDOUT) return DeadlineExceeded("no answer in time from " + where);
  if (code == CURLE_ABORTED_BY_CALLBACK) return Cancelled("stopped while asking " + where);
  return Unavailable("no answer from " + where + ": " + curl_easy_strerror(code));
}

std::string HeaderText(CURL* curl, const char* name) {
  curl_header* header = nullptr;
  if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return {};
  return header->value;
}

bool SetCommon(CURL* curl, const ClientOptions& options) {
  return Set(curl, CURLOPT_PROTOCOLS_STR, std::string("http,https")) &&
         Set(curl, CURLOPT_FOLLOWLOCATION, false) && Set(curl, CURLOPT_NOSIGNAL, true) &&
         Set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
         Set(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
         Set(curl, CURLOPT_MAXCONNECTS, kConnectionsPerHandle) &&
         Set(curl, CURLOPT_USERAGENT, std::string("svidence")) &&
         Set(curl, CURLOPT_HTTP_CONTENT_DECODING, false) && Set(curl, CURLOPT_NOPROGRESS, false) &&
         (options.ca_file.empty() || Set(curl, CURLOPT_CAINFO, options.ca_file));
}

bool SetMethod(CURL* curl, const Request& request) {
  if (request.method == "HEAD") return Set(curl, CURLOPT_NOBODY, true);
  if (request.method == "GET") return Set(curl, CURLOPT_HTTPGET, true);
  return Set(curl, CURLOPT_POST, true) &&
         Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size())) &&
         Set(curl, CURLOPT_POSTFIELDS, request.body.data());
}

bool SetExchange(CURL* curl, Exchange& exchange) {
  return Set(curl, CURLOPT_WRITEFUNCTION, &OnBody) && Set(curl, CURLOPT_WRITEDATA, &exchange) &&
         Set(curl, CURLOPT_HEADERFUNCTION, &OnHeader) && Set(curl, CURLOPT_HEADERDATA, &exchange) &&
         Set(curl, CURLOPT_XFERINFOFUNCTION, &OnProgress) &&
         Set(curl, CURLOPT_XFERINFODATA, &exchange);
}

ListPtr Headers(const Request& request) {
  ListPtr headers(curl_slist_append(nullptr, "Expect:"));
  const auto add = [&headers](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) return headers.reset();
    (void)headers.release();
    headers.reset(longer);
  };
  // Without the header libcurl would claim that a body is a form's.
  if (headers != nullptr)
    add("Content-Type:" +
        (request.content_type.empty() ? std::string() : " " + request.content_type));
  return headers;
}

}  // namespace

class CurlClient::Handle {
 public:
  Handle() : curl_(curl_easy_init()) {}
  CURL* get() const { return curl_.get(); }

 private:
  std::unique_ptr<CURL, Free<curl_easy_cleanup>> curl_;
};

StatusOr<std::unique_ptr<CurlClient>> CurlClient::Create(ClientOptions options) {
  // Thread-safe since 7.84, and counted: never undone, because others may use it.
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return Internal("libcurl does not start");
  if (!options.ca_file.empty() && access(options.ca_file.c_str(), R_OK) != 0) {
    return InvalidArgument("the file of authorities " + Quote(options.ca_file, kMaxShownUrl) +
                           " cannot be read");
  }
  return std::unique_ptr<CurlClient>(new CurlClient(std::move(options)));
}

CurlClient::CurlClient(ClientOptions options) : options_(std::move(options)) {}
CurlClient::~CurlClient() = default;

std::unique_ptr<CurlClient::Handle> CurlClient::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Handle>();
  std::unique_ptr<Handle> handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

void CurlClient::Give(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdleHandles) idle_.push_back(std::move(handle));
}

StatusOr<Response> CurlClient::Send(std::string_view url, const Request& request,
                                    const FetchLimits& limits) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string host, HostOf(url));
  if (stopped_) return Cancelled("no longer asking " + Quote(url, kMaxShownUrl));
  std::unique_ptr<Handle> handle = Take();
  CURL* curl = handle->get();
  if (curl == nullptr) return ResourceExhausted("no memory for a connection");
  curl_easy_reset(curl);  // connections stay open
  Exchange exchange{.max_body_bytes = limits.max_body_bytes, .stopped = &stopped_};
  const ListPtr headers = Headers(request);
  const bool direct = !options_.use_proxies || IsLoopback(host);
  if (headers == nullptr || !SetCommon(curl, options_) || !SetExchange(curl, exchange) ||
      !SetMethod(curl, request) || !Set(curl, CURLOPT_HTTPHEADER, headers.get()) ||
      !Set(curl, CURLOPT_URL, std::string(url)) ||
      !Set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count())) ||
      (direct && !Set(curl, CURLOPT_PROXY, std::string()))) {
    return Internal("libcurl refuses a setting; it must be 7.88 or later, with TLS");
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return Failure(code, url, exchange);
  long status = 0;  // NOLINT(google-runtime-int): libcurl's own type
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): libcurl declares it so.
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  Response response{.status = static_cast<int>(status),
                    .content_type = HeaderText(curl, "Content-Type"),
                    .cache_control = HeaderText(curl, "Cache-Control"),
                    .body = std::move(exchange.body)};
  Give(std::move(handle));
  return response;
}

}  // namespace svidence::http
