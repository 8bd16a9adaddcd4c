// `svidence ledger list|show|key|export`, and the group that the others are in.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/log_keys_text.h"
#include "plugin/cli/text.h"
#include "plugin/core/ledger/key_schedule.h"

namespace svidence::cli {
namespace {

constexpr std::size_t kMaxExportBytes = std::size_t{512} * 1024 * 1024;

struct Arguments {
  std::string directory;
  admin::EntryQuery query;
  std::size_t limit = 50;
  ledger::EntryIndex before = ledger::kMaxIndex;
  ledger::EntryIndex index = 0;
  std::string out;
};
using Shared = std::shared_ptr<Arguments>;

StatusOr<std::unique_ptr<admin::LedgerView>> OpenView(const Context& context,
                                                      const Arguments& arguments) {
  return OpenLedgerView(context, arguments.directory);
}

Row EntryRow(const std::string& bytes) {
  const StatusOr<ledger::Entry> entry = ledger::ParseEntry(bytes);
  if (!entry.ok()) return {"?", "?", "no entry", Shown(Message(entry.status())), "", ""};
  return {std::to_string(entry->place.index),
          ExactTime(entry->place.at_millis),
          Shown(entry->type),
          Shown(entry->subject),
          Shown(entry->agent),
          Shown(entry->by)};
}

// An entry is JSON already; what is none becomes a string.
void WriteEntry(JsonWriter& json, const std::string& bytes) {
  ledger::ParseEntry(bytes).ok() ? json.Raw(bytes) : json.String(bytes);
}

StatusOr<std::vector<std::string>> ReadNewest(admin::LedgerView& view, const Arguments& arguments) {
  admin::EntryQuery query = arguments.query;
  if (arguments.before != ledger::kMaxIndex) query.before = arguments.before;
  std::vector<std::string> entries;
  while (entries.size() < arguments.limit) {
    query.page_size = std::min(admin::kMaxPageEntries, arguments.limit - entries.size());
    SVIDENCE_ASSIGN_OR_RETURN(admin::EntryPage page, view.List(query));
    for (std::string& entry : page.entries) entries.push_back(std::move(entry));
    if (!page.before) break;
    if (query.before && *page.before >= *query.before) {
      return Internal("the ledger's list does not advance; look at the server's log");
    }
    query.before = page.before;
  }
  return entries;
}

Outcome RunList(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto view, OpenView(context, arguments));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<std::string> entries, ReadNewest(*view, arguments));
  std::string text;
  if (context.json()) {
    JsonWriter json(text);
    json.BeginObject().Key("entries").BeginArray();
    for (const std::string& entry : entries) WriteEntry(json, entry);
    json.EndArray().EndObject();
    text += '\n';
  } else {
    std::vector<Row> rows{{"INDEX", "TIME", "TYPE", "SUBJECT", "AGENT", "BY"}};
    for (const std::string& entry : entries) rows.push_back(EntryRow(entry));
    text = entries.empty() ? "no entry matches\n" : Table(rows);
  }
  context.env.out << text;
  return kOk;
}

std::string EntryFacts(const Context& context, const std::string& bytes) {
  const StatusOr<ledger::Entry> entry = ledger::ParseEntry(bytes);
  const std::string leaf = DigestText(ledger::LeafHash(context.env.hasher, bytes));
  if (!entry.ok()) {
    return Facts(
        {{"no entry", Shown(Message(entry.status()))}, {"leaf", leaf}, {"bytes", Shown(bytes)}});
  }
  const std::int64_t now = context.env.clock.UnixMillis();
  const auto& prev = entry->place.subject_prev;
  return Facts({{"index", std::to_string(entry->place.index)},
                {"time", ShownTime(entry->place.at_millis, now)},
                {"type", Shown(entry->type)},
                {"by", Shown(entry->by)},
                {"subject", Shown(entry->subject)},
                {"before it", prev ? "entry " + std::to_string(*prev) : "none on this subject"},
                {"agent", entry->agent.empty() ? "none" : Shown(entry->agent)},
                {"leaf", leaf},
                {"members", Shown(entry->members)}});
}

Outcome RunShow(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto view, OpenView(context, arguments));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes, view->Get(arguments.index));
  std::string text;
  if (context.json()) {
    JsonWriter json(text);
    WriteEntry(json, bytes);
    text += '\n';
  } else {
    text = EntryFacts(context, bytes);
  }
  context.env.out << text;
  return kOk;
}

// One entry a line, its exact bytes.
Outcome RunExport(const Context& context, const Arguments& arguments) {
  const Environment& env = context.env;
  SVIDENCE_ASSIGN_OR_RETURN(const auto view, OpenView(context, arguments));
  std::string file;
  std::uint64_t count = 0;
  const auto sink = [&](const std::vector<std::string>& entries) -> Status {
    for (const std::string& entry : entries) {
      if (arguments.out.empty()) {
        env.out << entry << '\n';
      } else {
        file += entry;
        file += '\n';
      }
    }
    count += entries.size();
    if (!env.out) return Unavailable("standard output cannot be written");
    if (file.size() <= kMaxExportBytes) return OkStatus();
    return ResourceExhausted("--out takes at most 512 MiB; export to standard output instead");
  };
  SVIDENCE_RETURN_IF_ERROR(view->Export(0, sink));
  if (!arguments.out.empty()) {
    SVIDENCE_RETURN_IF_ERROR(env.write_file(arguments.out, file, /*is_private=*/false));
    env.out << "exported " << count << " entries\n";
  }
  return kOk;
}

// As verifiers take it: one line while there was only one key.
Outcome RunKey(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto view, OpenView(context, arguments));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::LedgerInfo info, view->Info());
  const Hasher& hasher = context.env.hasher;
  SVIDENCE_ASSIGN_OR_RETURN(
      const ledger::KeySchedule keys,
      ledger::KeySchedule::Parse(hasher, info.keys.empty() ? info.vkey : info.keys));
  if (!context.json()) {
    context.env.out << keys.Format(hasher);
    return kOk;
  }
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("origin").String(info.origin);
  json.Key("vkey").String(ledger::FormatVkey(hasher, keys.current().key.vkey)).Key("keys");
  WriteKeys(json, hasher, keys);
  json.EndObject();
  context.env.out << text << '\n';
  return kOk;
}

CLI::App* Add(CLI::App& group, Context& context, const char* name, const char* about,
              const char* footer, Outcome (*run)(const Context&, const Arguments&),
              const Shared& arguments) {
  CLI::App* app = group.add_subcommand(name, about);
  app->footer(footer);
  app->callback([&context, run, arguments] {
    context.run = [&context, run, arguments] { return run(context, *arguments); };
  });
  return app;
}

}  // namespace

StatusOr<std::unique_ptr<admin::LedgerView>> OpenLedgerView(const Context& context,
                                                            const std::string& directory) {
  if (!directory.empty()) return context.env.open_ledger(directory);
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<admin::Backend> backend,
                            context.Connect(Access::kRead));
  return std::unique_ptr<admin::LedgerView>(std::move(backend));
}

void AddLedger(CLI::App& app, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* group =
      app.add_subcommand("ledger", "Verify, list, show and export the ledger; print its key");
  group->footer("Example:\n  svidence ledger verify");
  group->require_subcommand(1);
  group
      ->add_option("--ledger-dir", arguments->directory,
                   "Read the files of this directory instead of asking the server")
      ->type_name("DIR");
  const std::shared_ptr<const std::string> ledger_dir(arguments, &arguments->directory);
  AddLedgerVerify(*group, context, ledger_dir);
  AddLedgerProve(*group, context, ledger_dir);
  AddLedgerHistory(*group, context, ledger_dir);
  AddLedgerMonitor(*group, context);
  CLI::App* list =
      Add(*group, context, "list", "List entries, newest first",
          "Example:\n  svidence ledger list --agent buyer --type 'issue.*'", RunList, arguments);
  list->add_option("--type", arguments->query.type, "Only this type; may end with *");
  list->add_option("--agent", arguments->query.agent, "Only entries of this agent");
  list->add_option("--subject", arguments->query.subject, "Only this subject");
  list->add_option("--before", arguments->before, "Only entries below this index");
  list->add_option("--limit", arguments->limit, "At most this many (default 50)")
      ->check(CLI::Range(1, 100000).description(""));
  CLI::App* show = Add(*group, context, "show", "Show one entry",
                       "Example:\n  svidence ledger show 42", RunShow, arguments);
  show->add_option("INDEX", arguments->index, "Its index")->required();
  Add(*group, context, "key", "Print the log's verifier keys, which are no secret",
      "Hand it to whoever verifies, by a way that they trust. Where the key was changed, a\n"
      "line for each with the checkpoint sizes that it signs.\nExample:\n"
      "  svidence ledger key > log.vkey",
      RunKey, arguments);
  AddLedgerInit(*group, context, ledger_dir);
  AddLedgerRotate(*group, context);
  AddLedgerBackup(*group, context, ledger_dir);
  CLI::App* exporting =
      Add(*group, context, "export", "Write all entries, one a line, their exact bytes",
          "Example:\n  svidence ledger export --out ledger.jsonl", RunExport, arguments);
  exporting->add_option("--out", arguments->out, "File, instead of standard output")
      ->type_name("FILE");
}

}  // namespace svidence::cli
