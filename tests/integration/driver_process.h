// Runs ledger_driver, alone or under strace, and looks at what it left behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/adapters/openssl/hasher.h"

namespace svidence::testing {

// One child, ended at the latest with this object.
class Child {
 public:
  // `argv[0]` is looked for in PATH. Its stdin, stdout and stderr are pipes; stderr
  // goes to stdout's if `merged`.
  explicit Child(const std::vector<std::string>& argv, bool merged = false);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // The next whole line of stdout; nullopt at its end or when `limit` is over.
  std::optional<std::string> ReadLine(std::chrono::milliseconds limit);
  void Write(const std::string& text) const;
  void Kill() const;
  // The status as waitpid gives it.
  int Wait();

 private:
  pid_t pid_ = -1;
  linux_os::UniqueFd in_;
  linux_os::UniqueFd out_;
  std::string buffer_;
  bool waited_ = false;
};

// What a ledger has promised over all its runs.
class Promised {
 public:
  // Takes a line of the driver. True if it was a promise.
  bool Take(const std::string& line);

  std::size_t size() const { return size_; }
  const std::vector<std::string>& troubles() const { return troubles_; }
  void ForgetTroubles() { troubles_.clear(); }

  // Opens the ledger in `dir` as a server would and verifies all of it, with its mark.
  // What does not hold; empty if all does.
  std::string Broken(const std::string& dir) const;

 private:
  std::size_t size_ = 0;  // entries that must be there
  std::map<std::uint64_t, std::string> leaves_;
  std::vector<std::string> troubles_;  // "error ..." and "refused ..."
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

}  // namespace svidence::testing
