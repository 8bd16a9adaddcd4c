// Bytes that must not outlive their use: key files, PEM text of private keys.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace svidence {

// A block of memory of fixed capacity that is overwritten before it is freed.
// Movable, not copyable, and without an operator that could print it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t capacity) : bytes_(capacity) {}
  Secret(Secret&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() {
    // Through volatile: the compiler must not see that nobody reads it again.
    volatile char* byte = bytes_.data();
    for (std::size_t i = 0; i < bytes_.size(); ++i) byte[i] = 0;
  }

  char* data() { return bytes_.data(); }
  std::size_t capacity() const { return bytes_.size(); }
  // The first `size` bytes, at most the capacity, hold the secret.
  void SetSize(std::size_t size) { size_ = size < capacity() ? size : capacity(); }

  // For the library call that needs the secret, and nothing else.
  std::string_view Reveal() const { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;  // never resized: that would leave a copy behind
  std::size_t size_ = 0;
};

}  // namespace svidence
