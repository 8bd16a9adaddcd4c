// `svidence ledger verify`.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"
#include "plugin/cli/trust.h"
#include "plugin/core/ledger/audit/audit.h"

namespace svidence::cli {
namespace {

constexpr std::uint64_t kProgressStep = 10000;
constexpr std::int64_t kProgressMillis = 1000;

struct Arguments {
  std::string source;
  unsigned jobs = 0;
  TrustArguments trust;
  std::vector<std::string> checkpoints;
  std::shared_ptr<const std::string> ledger_dir;
};

std::string VerifyText(const admin::VerifyReport& report) {
  if (report.intact) {
    std::string text = "ledger intact: " + std::to_string(report.entries) + " entries, last leaf " +
                       DigestText(report.last_leaf) + '\n';
    if (!report.unmarked.empty()) {
      text += "  its end is not checked: " + Shown(report.unmarked) +
              ", so entries cut off at the end would not show\n";
    }
    return text;
  }
  std::string text = "ledger DAMAGED";
  if (report.first_bad) text += ", first bad entry " + std::to_string(*report.first_bad);
  return text + ": " + Shown(report.reason) + "\n" + std::to_string(report.entries) +
         " entries before it are good\n";
}

std::string VerifyJson(const admin::VerifyReport& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("intact").Bool(report.intact);
  json.Key("entries").Int(static_cast<std::int64_t>(report.entries));
  json.Key("last_leaf").String(DigestText(report.last_leaf)).Key("first_bad");
  report.first_bad ? json.Int(static_cast<std::int64_t>(*report.first_bad)) : json.Null();
  json.Key("reason").String(report.reason).Key("unmarked").String(report.unmarked).EndObject();
  return text + '\n';
}

// Through the server, or one entry after the other on the files of --ledger-dir.
Outcome RunVerify(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto view, OpenLedgerView(context, *arguments.ledger_dir));
  std::uint64_t shown = 0;
  const auto progress = [&](std::uint64_t checked, std::uint64_t total) {
    if (context.env.interactive && checked >= shown + kProgressStep) {
      shown = checked;
      context.env.err << "checked " << checked << " of " << total << "\n";
    }
    return OkStatus();
  };
  SVIDENCE_ASSIGN_OR_RETURN(const admin::VerifyReport report, view->Verify(progress));
  context.env.out << (context.json() ? VerifyJson(report) : VerifyText(report));
  return report.intact ? kOk : kFinding;
}

// What the entries of a source are held to.
struct Task {
  std::unique_ptr<ledger::EntrySource> entries{};
  ledger::AuditOptions options{};
  std::vector<std::string> compared{};  // with what, for people
  std::string unchecked{};              // what was not, and how it could be
};

std::string Unchecked(const LedgerSource& source, const Trust& trust, const Task& task) {
  if (!task.options.expected.empty() && !trust.given()) {
    return "nobody vouches for the checkpoint: give --log-key or --policy";
  }
  if (!task.options.expected.empty() || source.mark) return {};
  return "its end is compared with nothing, so entries cut off at the end would not show, nor "
         "would a history written anew: give --checkpoint, e.g. an SVID";
}

StatusOr<Task> Prepare(const Environment& env, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const Trust trust, Trust::Read(env, arguments.trust));
  SVIDENCE_ASSIGN_OR_RETURN(LedgerSource source, env.open_source(arguments.source));
  std::vector<FoundCheckpoint> found;
  Task task{.entries = std::move(source.entries)};
  if (source.published()) {
    SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<ledger::TileReader> tiles, source.tiles());
    SVIDENCE_ASSIGN_OR_RETURN(FoundCheckpoint published, trust.OpenPublished(*tiles, source.name));
    task.entries = std::make_unique<ledger::TilesSource>(source.tiles, published.checkpoint.size);
    found.push_back(std::move(published));
  }
  for (const std::string& path : arguments.checkpoints) {
    SVIDENCE_ASSIGN_OR_RETURN(FoundCheckpoint checkpoint, trust.OpenFile(path));
    found.push_back(std::move(checkpoint));
  }
  for (const FoundCheckpoint& one : found) {
    task.options.expected.push_back(
        {.size = one.checkpoint.size, .root = one.checkpoint.root, .name = one.name});
    task.compared.push_back(one.name + ", " + std::to_string(one.checkpoint.size) + " entries of " +
                            one.checkpoint.origin);
  }
  if (source.mark) {
    task.options.mark = source.mark;
    task.compared.emplace_back("the high-water mark");
  }
  task.unchecked = Unchecked(source, trust, task);
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  task.options.jobs = std::min(arguments.jobs == 0 ? cores : arguments.jobs, ledger::kMaxAuditJobs);
  return task;
}

// "12.3 MB".
std::string Megabytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): snprintf is declared so.
  std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text.data();
}

// A line a second, for a person.
std::function<Status(const ledger::AuditProgress&)> Progress(const Environment& env) {
  if (!env.interactive) return {};
  const std::int64_t start = env.clock.MonotonicMillis();
  return [&env, start, shown = start](const ledger::AuditProgress& so_far) mutable {
    const std::int64_t now = env.clock.MonotonicMillis();
    if (now - shown < kProgressMillis) return OkStatus();
    shown = now;
    const auto per_second =
        so_far.bytes * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(1, now - start));
    env.err << "checked " << so_far.done << " of " << so_far.total << ", " << Megabytes(per_second)
            << "/s\n";
    return OkStatus();
  };
}

std::string AuditText(const ledger::AuditReport& report, const Task& task) {
  if (report.defect) {
    return "ledger DAMAGED, first bad entry " + std::to_string(report.defect->index) + " (" +
           std::string(NameOf(report.defect->kind)) + "): " + Shown(report.defect->sentence) +
           "\n" + std::to_string(report.head.size) + " entries from the first on follow one " +
           "another\n";
  }
  std::string text = "ledger intact: " + std::to_string(report.head.size) + " entries, last leaf " +
                     DigestText(report.head.last_leaf) + "\n  " + Megabytes(report.bytes) +
                     ", root of the tree " + DigestText(report.root) + '\n';
  for (const std::string& one : task.compared) text += "  agrees with " + Shown(one) + '\n';
  if (!task.unchecked.empty()) text += "  " + task.unchecked + '\n';
  return text;
}

std::string AuditJson(const ledger::AuditReport& report, const Task& task) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("intact").Bool(report.ok());
  json.Key("entries").Int(static_cast<std::int64_t>(report.head.size));
  json.Key("last_leaf").String(DigestText(report.head.last_leaf)).Key("first_bad");
  report.defect ? json.Int(static_cast<std::int64_t>(report.defect->index)) : json.Null();
  json.Key("kind").String(report.defect ? NameOf(report.defect->kind) : std::string_view());
  json.Key("reason").String(report.defect ? report.defect->sentence : std::string());
  json.Key("bytes").Int(static_cast<std::int64_t>(report.bytes));
  json.Key("root").String(DigestText(report.root)).Key("compared").BeginArray();
  for (const std::string& one : task.compared) json.String(one);
  json.EndArray().Key("unchecked").String(task.unchecked).EndObject();
  return text + '\n';
}

Outcome RunAudit(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(Task task, Prepare(context.env, arguments));
  const openssl::OpenSslEd25519Verifier verifier;
  task.options.verifier = &verifier;
  task.options.progress = Progress(context.env);
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::AuditReport report,
                            ledger::Audit(*task.entries, context.env.hasher, task.options));
  context.env.out << (context.json() ? AuditJson(report, task) : AuditText(report, task));
  return report.ok() ? kOk : kFinding;
}

Outcome Run(const Context& context, const Arguments& arguments) {
  if (!arguments.source.empty()) return RunAudit(context, arguments);
  if (arguments.trust.given() || !arguments.checkpoints.empty() || arguments.jobs != 0) {
    return InvalidArgument(
        "--jobs, --log-key, --policy and --checkpoint need a SOURCE: the ledger's directory, an "
        "export, or a published log's directory");
  }
  return RunVerify(context, arguments);
}

}  // namespace

void AddLedgerVerify(CLI::App& group, Context& context,
                     const std::shared_ptr<const std::string>& ledger_dir) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->ledger_dir = ledger_dir;
  CLI::App* verify = group.add_subcommand("verify", "Check every entry and name the first bad one");
  verify->footer(
      "Without SOURCE the server checks its own. Exits 1 if the ledger is damaged.\nExample:\n"
      "  svidence ledger verify ./tiles --log-key log.vkey\n"
      "  svidence ledger verify ledger.jsonl --checkpoint svid.pem --log-key log.vkey");
  verify->add_option("SOURCE", arguments->source,
                     "A ledger's directory, an export, or a published log's directory");
  verify->add_option("--jobs", arguments->jobs, "Threads (default: one for each core)")
      ->check(CLI::Range(1U, ledger::kMaxAuditJobs).description(""));
  AddTrustOptions(*verify, arguments->trust);
  verify
      ->add_option("--checkpoint", arguments->checkpoints,
                   "Must agree with this checkpoint, tlog-proof or SVID; may be given again")
      ->type_name("FILE")
      ->expected(1, static_cast<int>(ledger::kMaxExpectedTrees) - 1)
      ->allow_extra_args(false);
  verify->callback([&context, arguments] {
    context.run = [&context, arguments] { return Run(context, *arguments); };
  });
}

}  // namespace svidence::cli
