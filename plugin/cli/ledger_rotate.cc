// `svidence ledger rotate`.
#include <memory>
#include <string>

#include "attestors/base/json.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/log_keys_text.h"
#include "plugin/cli/text.h"
#include "plugin/core/ledger/key_schedule.h"

namespace svidence::cli {
namespace {

std::string RotatedText(const admin::Rotated& rotated) {
  std::string text =
      "the log's key is another one from ledger entry " + std::to_string(rotated.index) + " on\n";
  for (std::string_view rest = rotated.keys; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    text += "  " + Shown(rest.substr(0, end)) + '\n';
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (!rotated.todo.empty()) text += "now: " + Shown(rotated.todo) + '\n';
  return text + "hand the new list of keys (`svidence ledger key`) to whoever verifies\n";
}

Outcome RunRotate(const Context& context, const admin::KeyRotation& rotation) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kWrite));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::Rotated rotated, backend->RotateKey({}, rotation));
  if (!context.json()) {
    context.env.out << RotatedText(rotated);
    return kOk;
  }
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::KeySchedule keys,
                            ledger::KeySchedule::Parse(context.env.hasher, rotated.keys));
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("index").Int(static_cast<std::int64_t>(rotated.index)).Key("keys");
  WriteKeys(json, context.env.hasher, keys);
  json.Key("checkpoint").String(rotated.checkpoint);
  json.Key("todo").String(rotated.todo).EndObject();
  context.env.out << text << '\n';
  return kOk;
}

}  // namespace

void AddLedgerRotate(CLI::App& group, Context& context) {
  const auto rotation = std::make_shared<admin::KeyRotation>();
  CLI::App* app = group.add_subcommand("rotate", "Change the key that signs the log");
  app->footer(
      "Both keys sign the entry that says so; from then on only the new one signs. Without\n"
      "--new-key a fresh key takes the place of the old one's file.\nExample:\n"
      "  svidence ledger rotate --reason scheduled");
  std::string codes;
  for (const std::string_view code : ledger::KeyChangeReasons()) {
    codes.append(codes.empty() ? "" : "|").append(code);
  }
  app->add_option("--reason", rotation->reason, "Why")->required()->type_name(codes);
  app->add_option("--new-key", rotation->source,
                  "Where the new key is: a path on the server's host, or a key in an ssh-agent")
      ->type_name("FILE|ssh-agent:SOCKET#SHA256:...");
  app->callback([&context, rotation] {
    context.run = [&context, rotation] { return RunRotate(context, *rotation); };
  });
}

}  // namespace svidence::cli
