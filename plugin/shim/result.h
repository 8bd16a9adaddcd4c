// A value or why there is none. The shim's own, as Status would link absl.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace svidence::shim {

struct Error {
  std::string text;
  // Trying again will not help: at the first start the shim gives up at once.
  bool permanent = true;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` is the point.
  Result(T value) : value_(std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): so is `return Error{...};`.
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return value_.has_value(); }
  const Error& error() const { return error_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Error error_;
};

// "<what>: <what the kernel says of `error`, an errno>".
std::string Explain(std::string_view what, int error);

}  // namespace svidence::shim
