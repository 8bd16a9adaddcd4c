// `svidence ledger init`.
#include <memory>
#include <string>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"

namespace svidence::cli {
namespace {

std::string Stanza(const LedgerInit& init, const NewLedger& made) {
  return "CredentialComposer \"svidence\" {\n"
         "  plugin_cmd = \"/usr/bin/svidence-shim\"\n"
         "  plugin_data {\n"
         "    ledger_dir = " +
         Quote(init.ledger_dir, ledger::kMaxKeyNameBytes) +
         "\n"
         "    mark_dir = " +
         Quote(made.mark_dir, ledger::kMaxKeyNameBytes) +
         "\n"
         "    log_key = " +
         Quote(made.log_key, ledger::kMaxKeyNameBytes) +
         "\n"
         "    server_id = " +
         Quote(init.server_id) +
         "\n"
         "  }\n}\n";
}

Outcome RunInit(const Context& context, const LedgerInit& init) {
  SVIDENCE_ASSIGN_OR_RETURN(const NewLedger made, context.env.init_ledger(init));
  if (!context.json()) {
    context.env.out << Facts({{"origin", Shown(made.origin)}, {"key", Shown(made.vkey)}})
                    << "hand the key to whoever verifies. In the server's configuration:\n\n"
                    << Stanza(init, made);
    return kOk;
  }
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("origin").String(made.origin).Key("vkey").String(made.vkey);
  json.Key("mark_dir").String(made.mark_dir).Key("log_key").String(made.log_key).EndObject();
  context.env.out << text << '\n';
  return kOk;
}

}  // namespace

void AddLedgerInit(CLI::App& group, Context& context,
                   const std::shared_ptr<const std::string>& ledger_dir) {
  const auto init = std::make_shared<LedgerInit>();
  CLI::App* app = group.add_subcommand("init", "Begin a new log before a server runs");
  app->footer(
      "Makes directory, key, first entry and mark, and changes nothing that is there. A server\n"
      "does the same by itself; this is for who wants the key's public half first.\nExample:\n"
      "  svidence ledger init --trust-domain example.org --ledger-dir /var/lib/svidence/ledger");
  app->add_option("--trust-domain", init->trust_domain, "Whose issuances it records")->required();
  app->add_option("--mark-dir", init->mark_dir, "Of the high-water mark (default: beside)")
      ->type_name("DIR");
  app->add_option("--log-key", init->log_key, "Where the key is, as the setting log_key")
      ->type_name("FILE|ssh-agent:SOCKET#SHA256:...");
  app->add_option("--server-id", init->server_id, "Name of the server (default a)");
  app->callback([&context, init, ledger_dir] {
    init->ledger_dir = *ledger_dir;
    if (init->ledger_dir.empty()) throw CLI::RequiredError("--ledger-dir");
    context.run = [&context, init] { return RunInit(context, *init); };
  });
}

}  // namespace svidence::cli
