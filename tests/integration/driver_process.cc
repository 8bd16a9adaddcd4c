#include "tests/integration/driver_process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/linux/mark_file.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/core/ledger/open.h"
#include "plugin/core/ledger/verify.h"

namespace svidence::testing {
namespace {

class NoObserver final : public ledger::CommitObserver {
 public:
  void OnCommitted(const ledger::Entry& /*entry*/) override {}
};

}  // namespace

Child::Child(const std::vector<std::string>& argv, bool merged) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
  std::vector<char*> raw;
  for (const std::string& arg : argv) raw.push_back(const_cast<char*>(arg.c_str()));
  raw.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    if (merged) dup2(out[1], STDERR_FILENO);
    execvp(raw[0], raw.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  in_ = linux_os::UniqueFd(in[1]);
  out_ = linux_os::UniqueFd(out[0]);
}

Child::~Child() {
  if (waited_) return;
  Kill();
  Wait();
}

std::optional<std::string> Child::ReadLine(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const std::size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd ready{.fd = out_.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) {
      return std::nullopt;
    }
    std::array<char, 4096> bytes{};
    const ssize_t size = read(out_.get(), bytes.data(), bytes.size());
    if (size <= 0) return std::nullopt;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

void Child::Write(const std::string& text) const {
  // A child that has died does not read: its end is what the test then sees.
  [[maybe_unused]] const ssize_t wrote = write(in_.get(), text.data(), text.size());
}

void Child::Kill() const { kill(pid_, SIGKILL); }

int Child::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  waited_ = true;
  return status;
}

bool Promised::Take(const std::string& line) {
  std::istringstream in(line);
  std::string word;
  std::uint64_t number = 0;
  std::string leaf;
  in >> word;
  if (word == "open" && in >> number) {
    size_ = std::max<std::size_t>(size_, number);
    return true;
  }
  if (word == "ack" && in >> number >> leaf) {
    size_ = std::max<std::size_t>(size_, number + 1);
    if (leaf != "unknown") leaves_[number] = leaf;
    return true;
  }
  if (word == "error" || word == "refused") troubles_.push_back(line);
  return false;
}

std::string Promised::Broken(const std::string& dir) const {
  const auto store = sqlite::LedgerStore::Open(dir + '/' + sqlite::kLedgerFile);
  if (!store.ok()) return "opening the store: " + Message(store.status());
  linux_os::MarkFile marks(dir + "/mark/high-water-mark");
  const linux_os::SystemClock clock;
  linux_os::SystemRandom random;
  NoObserver observer;
  const auto opened = ledger::OpenLedger(
      {**store, marks, hasher_, clock, random},
      {.trust_domain = "example.org", .by = "server:a", .log_key = ledger::PublicKey{7}}, observer);
  if (!opened.ok()) return "opening the ledger: " + Message(opened.status());
  const std::size_t there = opened->created ? 0 : opened->start.head.size;
  if (there < size_) {
    return std::to_string(size_) + " were acknowledged, " + std::to_string(there) + " are there";
  }
  for (const auto& [index, leaf] : leaves_) {
    const auto entry = (*store)->Read(index, 1, 1U << 20U);
    if (!entry.ok() || entry->size() != 1 || DigestText(entry->front().leaf) != leaf) {
      return "entry " + std::to_string(index) + " is another";
    }
  }
  const auto mark = ledger::ReadMark(marks);
  if (!mark.ok()) return Message(mark.status());
  const auto report = ledger::VerifyLedger(**store, hasher_, {.mark = *mark});
  if (!report.ok()) return "verifying: " + Message(report.status());
  return report->ok() ? "" : "verifying: " + report->defect->sentence;
}

}  // namespace svidence::testing
