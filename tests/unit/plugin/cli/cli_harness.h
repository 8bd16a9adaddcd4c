// Runs the command line tool against a server in memory.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/cli/app.h"
#include "tests/support/fake_admin_backend.h"
#include "tests/support/fake_clock.h"

namespace svidence::cli {

// Hands every call to a backend that outlives it.
class Borrowed final : public admin::Backend {
 public:
  explicit Borrowed(admin::Backend& to) : to_(to) {}
  StatusOr<admin::StatusReport> GetStatus() override { return to_.GetStatus(); }
  StatusOr<admin::Registered> RegisterAgent(const admin::Caller& caller,
                                            const admin::Registration& agent) override {
    return to_.RegisterAgent(caller, agent);
  }
  StatusOr<admin::AgentPage> ListAgents(const admin::Caller& caller, std::string_view after,
                                        std::size_t page_size) override {
    return to_.ListAgents(caller, after, page_size);
  }
  StatusOr<admin::AgentDetail> GetAgent(const admin::Caller& caller,
                                        std::string_view name) override {
    return to_.GetAgent(caller, name);
  }
  StatusOr<admin::RevokePreview> PreviewRevoke(std::string_view id) override {
    return to_.PreviewRevoke(id);
  }
  StatusOr<admin::RevokeReport> Revoke(const admin::Caller& caller, std::string_view id,
                                       std::string_view reason) override {
    return to_.Revoke(caller, id, reason);
  }
  StatusOr<ledger::EntryIndex> Restore(const admin::Caller& caller, std::string_view id,
                                       std::string_view reason) override {
    return to_.Restore(caller, id, reason);
  }
  StatusOr<admin::Erased> EraseSponsor(const admin::Caller& caller,
                                       const admin::Erasure& erasure) override {
    return to_.EraseSponsor(caller, erasure);
  }
  StatusOr<admin::Rotated> RotateKey(const admin::Caller& caller,
                                     const admin::KeyRotation& rotation) override {
    return to_.RotateKey(caller, rotation);
  }
  StatusOr<admin::LedgerInfo> Info() override { return to_.Info(); }
  StatusOr<admin::EntryPage> List(const admin::EntryQuery& query) override {
    return to_.List(query);
  }
  StatusOr<std::string> Get(ledger::EntryIndex index) override { return to_.Get(index); }
  Status Export(ledger::EntryIndex first, const admin::EntrySink& sink) override {
    return to_.Export(first, sink);
  }
  StatusOr<admin::VerifyReport> Verify(const admin::VerifyProgress& progress) override {
    return to_.Verify(progress);
  }

 private:
  admin::Backend& to_;
};

struct CliHarness {
  // 1 h after the fake backend's scores were set.
  CliHarness() : clock(1795460400000), hasher(*openssl::OpenSslHasher::Create()) {}

  int Run(std::vector<std::string> arguments) {
    out.str("");
    err.str("");
    Environment env{.out = out, .err = err, .clock = clock, .hasher = hasher};
    env.interactive = interactive;
    env.read_line = [this] { return answer; };
    env.read_file = [this](const std::string& path, std::size_t) -> StatusOr<std::string> {
      if (!files.contains(path)) return NotFound("no such file");
      return files[path];
    };
    env.write_file = [this](const std::string& path, std::string_view bytes, bool is_private) {
      files[path] = bytes;
      if (is_private) private_files.push_back(path);
      return OkStatus();
    };
    env.variable = [](const char*) { return std::nullopt; };
    env.connect = [this](const std::string& path,
                         Access wanted) -> StatusOr<std::unique_ptr<admin::Backend>> {
      socket = path;
      access = wanted;
      ++connects;
      return std::unique_ptr<admin::Backend>(std::make_unique<Borrowed>(backend));
    };
    env.open_ledger =
        [this](const std::string& dir) -> StatusOr<std::unique_ptr<admin::LedgerView>> {
      directory = dir;
      return std::unique_ptr<admin::LedgerView>(std::make_unique<Borrowed>(backend));
    };
    env.sleep = [this](std::int64_t) {
      if (on_sleep) on_sleep();
    };
    env.open_source = [this](const std::string& source) -> StatusOr<LedgerSource> {
      const auto found = sources.find(source);
      if (found == sources.end()) return NotFound("no such source");
      return found->second();
    };
    return RunCli(env, std::move(arguments));
  }

  testing::FakeClock clock;
  openssl::OpenSslHasher hasher;
  testing::FakeAdminBackend backend;
  std::map<std::string, std::function<LedgerSource()>> sources;
  std::function<void()> on_sleep;
  bool interactive = false;
  std::string answer;
  std::map<std::string, std::string> files;
  std::vector<std::string> private_files;
  std::ostringstream out;
  std::ostringstream err;
  std::string socket;
  std::string directory;
  Access access = Access::kRead;
  int connects = 0;
};

}  // namespace svidence::cli
