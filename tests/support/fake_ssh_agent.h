// What listens at an agent's socket: answers as the test says.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace svidence::testing {

// Serves one connection after the other, on a thread of its own.
class FakeSshAgent {
 public:
  // Given a question's bytes behind its length, gives the bytes to send, as they
  // are. nullopt: the connection is closed; "": there is no answer.
  using Answer = std::function<std::optional<std::string>(const std::string& question)>;

  FakeSshAgent(const std::string& path, Answer answer) : answer_(std::move(answer)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    listening_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(path.c_str());
    if (bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listening_, 8) != 0 || pipe(stop_.data()) != 0) {
      std::abort();
    }
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeSshAgent() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(listening_);
  }
  FakeSshAgent(const FakeSshAgent&) = delete;
  FakeSshAgent& operator=(const FakeSshAgent&) = delete;

  int connections() const { return connections_; }
  int questions() const { return questions_; }

 private:
  // False: the test is over.
  bool Await(int fd) const {
    std::array<pollfd, 2> both = {{{fd, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
    return poll(both.data(), both.size(), -1) > 0 && both[1].revents == 0;
  }
  bool ReadAll(int fd, std::string& bytes) const {
    for (std::size_t have = 0; have < bytes.size();) {
      if (!Await(fd)) return false;
      const ssize_t got = read(fd, bytes.data() + have, bytes.size() - have);
      if (got <= 0) return false;
      have += static_cast<std::size_t>(got);
    }
    return true;
  }
  void Converse(int fd) {
    while (true) {
      std::string length(4, '\0');
      if (!ReadAll(fd, length)) return;
      std::size_t size = 0;
      for (const char c : length) size = size << 8U | static_cast<unsigned char>(c);
      std::string question(size, '\0');
      if (!ReadAll(fd, question)) return;
      ++questions_;
      const std::optional<std::string> answer = answer_(question);
      if (!answer) return;
      if (send(fd, answer->data(), answer->size(), MSG_NOSIGNAL) < 0) return;
    }
  }
  void Serve() {
    while (Await(listening_)) {
      const int fd = accept(listening_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections_;
      Converse(fd);
      close(fd);
    }
  }

  Answer answer_;
  int listening_ = -1;
  std::array<int, 2> stop_{-1, -1};
  std::atomic<int> connections_ = 0;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

}  // namespace svidence::testing
