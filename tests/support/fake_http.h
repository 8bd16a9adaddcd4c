// HTTP in memory, with faults: a client that asks handlers without a network.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plugin/core/http/ports.h"

namespace svidence::testing {

// A handler out of a function.
class FunctionHandler final : public http::Handler {
 public:
  using Function = std::function<http::Response(const http::Request&)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  http::Response Handle(const http::Request& request) override { return function_(request); }

 private:
  Function function_;
};

// Thread-safe. Routes outlive it.
class FakeHttpClient final : public http::Client {
 public:
  // All URLs that begin with `origin`, e.g. "http://w1.example". A null handler:
  // nobody listens there any more.
  void Route(const std::string& origin, http::Handler* handler) {
    const std::lock_guard lock(mutex_);
    routes_[origin] = handler;
  }
  // Calls of that origin end so until nullopt is set.
  void FailWith(const std::string& origin, std::optional<Status> failure) {
    const std::lock_guard lock(mutex_);
    if (failure) {
      failures_[origin] = *std::move(failure);
    } else {
      failures_.erase(origin);
    }
  }
  std::size_t calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  StatusOr<http::Response> Send(std::string_view url, const http::Request& request,
                                const http::FetchLimits& limits) override {
    const std::size_t scheme = url.find("://");
    const std::string_view name = url.substr(0, scheme);
    if (scheme == std::string_view::npos || (name != "http" && name != "https")) {
      return InvalidArgument("a URL must begin with http:// or https://");
    }
    const std::size_t slash = url.find('/', scheme + 3);
    const std::string origin(url.substr(0, slash));
    http::Handler* handler = nullptr;
    {
      const std::lock_guard lock(mutex_);
      ++calls_;
      if (const auto failure = failures_.find(origin); failure != failures_.end()) {
        return failure->second;
      }
      if (const auto route = routes_.find(origin); route != routes_.end()) handler = route->second;
    }
    if (handler == nullptr) return Unavailable("nobody listens at " + origin);
    http::Request sent = request;
    sent.target = slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
    http::Response response = handler->Handle(sent);
    if (response.body.size() > limits.max_body_bytes) return ResourceExhausted("too long");
    if (request.method == "HEAD") response.body.clear();
    return response;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, http::Handler*> routes_;
  std::map<std::string, Status> failures_;
  std::size_t calls_ = 0;
};

}  // namespace svidence::testing
