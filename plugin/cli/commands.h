// The command groups. Each Add... hangs one group below `app`; parsing chooses
// what context.run will do.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "plugin/cli/environment.h"

namespace svidence::cli {

// Lives as long as the App; the environment must outlive it.
struct Context {
  explicit Context(const Environment& e) : env(e) {}

  bool json() const { return output == "json"; }
  StatusOr<std::unique_ptr<admin::Backend>> Connect(Access access) const {
    return env.connect(socket, access);
  }

  const Environment& env;
  std::string output = "table";
  std::string socket;
  std::function<Outcome()> run;
};

void AddStatus(CLI::App& app, Context& context);
void AddVersion(CLI::App& app, Context& context);
void AddAgent(CLI::App& app, Context& context);
void AddSponsor(CLI::App& app, Context& context);
void AddRevoke(CLI::App& app, Context& context);
void AddLedger(CLI::App& app, Context& context);
// Below the group that AddLedger makes. `ledger_dir` is its --ledger-dir.
void AddLedgerVerify(CLI::App& group, Context& context,
                     const std::shared_ptr<const std::string>& ledger_dir);
void AddLedgerProve(CLI::App& group, Context& context,
                    const std::shared_ptr<const std::string>& ledger_dir);
void AddLedgerHistory(CLI::App& group, Context& context,
                      const std::shared_ptr<const std::string>& ledger_dir);
void AddLedgerMonitor(CLI::App& group, Context& context);
void AddLedgerInit(CLI::App& group, Context& context,
                   const std::shared_ptr<const std::string>& ledger_dir);
void AddLedgerBackup(CLI::App& group, Context& context,
                     const std::shared_ptr<const std::string>& ledger_dir);
void AddLedgerRotate(CLI::App& group, Context& context);
void AddInspect(CLI::App& app, Context& context);
void AddVerify(CLI::App& app, Context& context);
void AddFetch(CLI::App& app, Context& context);
void AddCompletion(CLI::App& app, Context& context);

// The ledger in the files of `directory`, or, if that is empty, by way of the server.
StatusOr<std::unique_ptr<admin::LedgerView>> OpenLedgerView(const Context& context,
                                                            const std::string& directory);

}  // namespace svidence::cli
