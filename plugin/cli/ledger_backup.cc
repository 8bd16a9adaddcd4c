// `svidence ledger backup` and `svidence ledger restore`.
#include <memory>
#include <string>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"

namespace svidence::cli {
namespace {

constexpr std::uint64_t kProgressStep = 100000;

ledger::OnProgress ProgressOf(const Environment& env) {
  return [&env, shown = std::uint64_t{0}](const ledger::Progress& so_far) mutable {
    if (env.interactive && so_far.done >= shown + kProgressStep) {
      shown = so_far.done;
      env.err << "checked " << so_far.done << " of " << so_far.total << "\n";
    }
    return OkStatus();
  };
}

void Print(const Context& context, const BackedUp& report, const std::string& text) {
  if (!context.json()) {
    context.env.out << text;
    return;
  }
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("entries").Int(static_cast<std::int64_t>(report.entries));
  json.Key("root").String(DigestText(report.root));
  json.Key("checkpoint_size").Int(static_cast<std::int64_t>(report.checkpoint_size)).EndObject();
  context.env.out << out << '\n';
}

// What the server knows: where its ledger is, and its newest checkpoint.
StatusOr<Backup> AskServer(const Context& context, Backup backup) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kRead));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::LedgerInfo info, backend->Info());
  backup.ledger_dir = info.directory;
  backup.checkpoint = info.checkpoint;
  return backup;
}

Outcome RunBackup(const Context& context, Backup backup) {
  if (backup.ledger_dir.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(backup, AskServer(context, std::move(backup)));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const BackedUp report,
                            context.env.backup_ledger(backup, ProgressOf(context.env)));
  std::string text = "backed up and verified " + std::to_string(report.entries) +
                     " entries, root " + DigestText(report.root) + '\n';
  text += report.checkpoint_size == 0
              ? "without a signed checkpoint: there was no server to ask for it\n"
              : "goes on from the signed checkpoint of size " +
                    std::to_string(report.checkpoint_size) + '\n';
  text += "the log's key is not in it: keep that elsewhere\n";
  if (backup.with_sponsors) {
    text += "sponsors.db names people: an erasure must reach this copy too\n";
  }
  Print(context, report, text);
  return kOk;
}

Outcome RunRestore(const Context& context, const Backup& backup) {
  SVIDENCE_ASSIGN_OR_RETURN(const BackedUp report,
                            context.env.restore_ledger(backup, ProgressOf(context.env)));
  Print(context, report,
        "verified and put back " + std::to_string(report.entries) + " entries, root " +
            DigestText(report.root) +
            "\nput the log's key back too; the server compares the ledger with its high-water mark "
            "when it starts\n");
  return kOk;
}

}  // namespace

void AddLedgerBackup(CLI::App& group, Context& context,
                     const std::shared_ptr<const std::string>& ledger_dir) {
  const auto saving = std::make_shared<Backup>();
  CLI::App* backup = group.add_subcommand("backup", "Copy the ledger, beside a running server too");
  backup->footer(
      "Verifies the copy from its first entry. The log's key is never in it, the table of "
      "sponsors\n"
      "only if asked for.\nExample:\n  svidence ledger backup /backup/ledger-2026-11-25");
  backup->add_option("DIR", saving->directory, "A new directory")->required();
  backup->add_flag("--with-sponsors", saving->with_sponsors, "Also who stands behind pseudonyms");
  backup->callback([&context, saving, ledger_dir] {
    saving->ledger_dir = *ledger_dir;
    context.run = [&context, saving] { return RunBackup(context, *saving); };
  });

  const auto putting = std::make_shared<Backup>();
  CLI::App* restore = group.add_subcommand("restore", "Put a backup where there is no ledger");
  restore->footer(
      "Verifies it first, and never replaces a ledger.\nExample:\n"
      "  svidence ledger restore /backup/ledger-2026-11-25 --ledger-dir /var/lib/svidence/ledger");
  restore->add_option("DIR", putting->directory, "What backup has written")->required();
  restore->add_flag("--with-sponsors", putting->with_sponsors, "Also the table of sponsors");
  restore->callback([&context, putting, ledger_dir] {
    putting->ledger_dir = *ledger_dir;
    if (putting->ledger_dir.empty()) throw CLI::RequiredError("--ledger-dir");
    context.run = [&context, putting] { return RunRestore(context, *putting); };
  });
}

}  // namespace svidence::cli
