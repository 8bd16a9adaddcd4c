// `svidence sponsor erase`.
#include <memory>
#include <string>

#include "attestors/base/json.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"
#include "plugin/core/registry/drafts.h"

namespace svidence::cli {
namespace {

struct Arguments {
  admin::Erasure erasure;
  bool yes = false;
};

std::string ErasedText(const admin::Erased& erased) {
  std::string text;
  for (const std::string& name : erased.withdrawn) {
    text += "agent " + Shown(name) + " has no sponsor and score 0 now\n";
  }
  if (!erased.trouble.empty()) {
    return text + "ledger entry " + std::to_string(erased.index) +
           " says erased, but the person is still in the directory: " + Shown(erased.trouble) +
           "\nask again, or restart the server, which erases whom the ledger calls erased\n";
  }
  text += "sponsor " + Shown(erased.ref) + (erased.already ? " was erased already" : " is erased");
  return text + ", ledger entry " + std::to_string(erased.index) +
         "\nbackups of sponsors.db still name the person: destroy them\n";
}

std::string ErasedJson(const admin::Erased& erased) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("ref").String(erased.ref);
  json.Key("index").Int(static_cast<std::int64_t>(erased.index));
  json.Key("already").Bool(erased.already).Key("withdrawn").BeginArray();
  for (const std::string& name : erased.withdrawn) json.String(name);
  json.EndArray().Key("trouble").String(erased.trouble).EndObject();
  return text + '\n';
}

Outcome RunErase(const Context& context, const Arguments& arguments) {
  const Environment& env = context.env;
  if (!arguments.yes) {
    if (!env.interactive) {
      return InvalidArgument(
          "erase asks before it forgets somebody for ever and there is no terminal to ask on; give "
          "--yes");
    }
    env.err << "Erase this person for ever? Type yes: " << std::flush;
    if (env.read_line() != "yes") {
      env.err << "nothing was changed\n";
      return kFinding;
    }
  }
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kWrite));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::Erased erased,
                            backend->EraseSponsor({}, arguments.erasure));
  env.out << (context.json() ? ErasedJson(erased) : ErasedText(erased));
  return erased.trouble.empty() ? kOk : kFinding;
}

}  // namespace

void AddSponsor(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("sponsor", "The people who answer for agents");
  group->footer("Example:\n  svidence sponsor erase --person alice@example.org --reason request");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* erase = group->add_subcommand("erase", "Forget for ever who stands behind a pseudonym");
  erase->footer(
      "Asks first. The ledger keeps the pseudonym, says that it was erased, and still verifies.\n"
      "Exits 1 if it was declined, or if the person is not out of the directory yet.\nExample:\n"
      "  svidence sponsor erase Jx0zAb3kQm5tYw8Lr2VnSg --reason request");
  std::string codes;
  for (const std::string_view code : registry::ErasureReasons()) {
    codes.append(codes.empty() ? "" : "|").append(code);
  }
  admin::Erasure& erasure = arguments->erasure;
  auto* ref = erase->add_option("REF", erasure.ref, "The pseudonym, as entries name it");
  auto* person = erase->add_option("--person", erasure.person, "Instead: the name or e-mail");
  person->type_name("WHO")->excludes(ref);
  erase->add_option("--reason", erasure.reason, "Why")->required()->type_name(codes);
  erase->add_flag("--withdraw", erasure.withdraw,
                  "Take the sponsor off the agents first: their score is 0 from then on");
  erase->add_flag("--yes", arguments->yes, "Do not ask");
  erase->callback([&context, arguments] {
    if (arguments->erasure.ref.empty() && arguments->erasure.person.empty()) {
      throw CLI::RequiredError("REF or --person");
    }
    context.run = [&context, arguments] { return RunErase(context, *arguments); };
  });
}

}  // namespace svidence::cli
