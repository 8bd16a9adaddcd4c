// `svidence ledger history`.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attestors/base/json.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/opened_tree.h"
#include "plugin/cli/text.h"
#include "plugin/core/ledger/audit/history.h"

namespace svidence::cli {
namespace {

struct Arguments {
  std::string who;
  std::string source;
  std::string against;
  std::size_t limit = 1000;
  TrustArguments trust;
  std::shared_ptr<const std::string> ledger_dir;
};

// An entry with its proof; empty where nothing is proved.
struct Proved {
  ledger::HistoryEntry entry;
  std::string proof;
};

// "agent:<name>" for a name, everything else as it is.
std::string SubjectOf(const std::string& who) {
  return who.find(':') == std::string::npos && who != "log" ? "agent:" + who : who;
}

// What was found, and what it does not show.
std::string Statement(const OpenedTree& tree, const Trust& trust, ledger::EntryIndex size) {
  std::string text =
      "all entries on this subject among the first " + std::to_string(size) + " of the ledger";
  if (!tree.checkpoint) {
    return text + "; nothing is proved: give --checkpoint, e.g. an SVID of this ledger";
  }
  text += ", each in the tree of " + tree.checkpoint->name;
  if (!trust.given()) text += ", whose signature was not checked: give --log-key or --policy";
  return text +
         "; newer entries would not show: ask again with a newer checkpoint from another hand";
}

StatusOr<std::vector<Proved>> ProveAll(const Hasher& hasher, const OpenedTree& tree,
                                       ledger::History& history) {
  std::vector<Proved> all;
  for (ledger::HistoryEntry& entry : history.entries) {
    Proved proved;
    if (tree.checkpoint) {
      SVIDENCE_ASSIGN_OR_RETURN(proved.proof, ProveEntry(hasher, tree, entry.index, entry.bytes));
    }
    proved.entry = std::move(entry);
    all.push_back(std::move(proved));
  }
  return all;
}

std::string HistoryText(const ledger::History& history, const std::vector<Proved>& all,
                        const std::string& statement) {
  std::string text;
  std::vector<Row> rows{{"INDEX", "TIME", "TYPE", "BY", "PROOF"}};
  for (const Proved& one : all) {
    const StatusOr<ledger::Entry> entry = ledger::ParseEntry(one.entry.bytes);
    if (!entry.ok()) continue;  // FindHistory has read it
    rows.push_back({std::to_string(one.entry.index), ExactTime(entry->place.at_millis),
                    Shown(entry->type), Shown(entry->by), one.proof.empty() ? "none" : "ok"});
  }
  text += all.empty() ? "no entry on this subject\n" : Table(rows);
  if (history.count > all.size()) {
    text += "the newest " + std::to_string(all.size()) + " of " + std::to_string(history.count) +
            ": --limit shows more\n";
  }
  if (history.gap) {
    text += "GAP at entry " + std::to_string(history.gap->index) + ": " +
            Shown(history.gap->sentence) + '\n';
  }
  return text + statement + '\n';
}

std::string HistoryJson(const std::string& subject, const ledger::History& history,
                        const std::vector<Proved>& all, const std::string& statement) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("subject").String(subject);
  json.Key("count").Int(static_cast<std::int64_t>(history.count)).Key("entries").BeginArray();
  for (const Proved& one : all) {
    json.BeginObject().Key("index").Int(static_cast<std::int64_t>(one.entry.index));
    json.Key("entry").String(one.entry.bytes).Key("proof").String(one.proof).EndObject();
  }
  json.EndArray().Key("gap");
  history.gap ? json.Int(static_cast<std::int64_t>(history.gap->index)) : json.Null();
  json.Key("reason").String(history.gap ? history.gap->sentence : std::string());
  json.Key("shows").String(statement).EndObject();
  return text + '\n';
}

Outcome Run(const Context& context, const Arguments& arguments) {
  const Environment& env = context.env;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string source,
                            SourceOf(arguments.source, *arguments.ledger_dir));
  SVIDENCE_ASSIGN_OR_RETURN(const Trust trust, Trust::Read(env, arguments.trust));
  SVIDENCE_ASSIGN_OR_RETURN(const OpenedTree tree, OpenTree(env, trust, source, arguments.against));
  const ledger::EntryIndex size = tree.checkpoint ? tree.checkpoint->checkpoint.size : tree.size;
  const std::string subject = SubjectOf(arguments.who);
  SVIDENCE_ASSIGN_OR_RETURN(ledger::History history,
                            ledger::FindHistory(*tree.entries, size, subject, arguments.limit));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Proved> all, ProveAll(env.hasher, tree, history));
  const std::string statement = Statement(tree, trust, size);
  env.out << (context.json() ? HistoryJson(subject, history, all, statement)
                             : HistoryText(history, all, statement));
  return history.gap ? kFinding : kOk;
}

}  // namespace

void AddLedgerHistory(CLI::App& group, Context& context,
                      const std::shared_ptr<const std::string>& ledger_dir) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->ledger_dir = ledger_dir;
  CLI::App* history =
      group.add_subcommand("history", "Show all entries on an agent or SPIFFE ID, with proofs");
  history->footer(
      "Reads every entry. Exits 1 if the subject's entries do not follow one another.\nExample:\n"
      "  svidence ledger history spiffe://example.org/agent/buyer --source ./tiles --log-key "
      "log.vkey");
  history->add_option("WHO", arguments->who, "An agent's name, a SPIFFE ID, or a subject")
      ->required();
  history
      ->add_option("--source", arguments->source,
                   "A ledger's directory, an export, or a published log's directory")
      ->type_name("SOURCE");
  history
      ->add_option("--checkpoint", arguments->against,
                   "As of this checkpoint, a tlog-proof's or SVID's (default: the published one)")
      ->type_name("FILE");
  history->add_option("--limit", arguments->limit, "Show at most so many, the newest")
      ->check(CLI::Range(1, 100000).description(""));
  AddTrustOptions(*history, arguments->trust);
  history->callback([&context, arguments] {
    context.run = [&context, arguments] { return Run(context, *arguments); };
  });
}

}  // namespace svidence::cli
