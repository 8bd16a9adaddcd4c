#include "plugin/cli/app.h"

#include <algorithm>
#include <exception>

#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"

namespace svidence::cli {
namespace {

constexpr const char* kAbout =
    "Svidence: trust score, sponsor and ledger entry inside the identities of AI agents.";
constexpr const char* kFooter =
    "Exit codes: 0 ok, 1 finding, 2 usage or environment.\n"
    "Example:\n  svidence status --output json";

void Build(CLI::App& app, Context& context) {
  app.name("svidence");
  app.footer(kFooter);
  app.fallthrough();  // global options before or after the subcommand
  app.require_subcommand(1);
  app.add_option("--output", context.output, "How to print: table or json")
      ->check(CLI::IsMember({"table", "json"}).description(""))
      ->type_name("table|json");
  app.add_option("--socket", context.socket,
                 "admin.sock of the server (default: $SVIDENCE_SOCKET, else in $RUNTIME_DIRECTORY, "
                 "$XDG_RUNTIME_DIR/svidence, /run/svidence)")
      ->type_name("PATH");
  AddStatus(app, context);
  AddVersion(app, context);
  AddAgent(app, context);
  AddSponsor(app, context);
  AddRevoke(app, context);
  AddLedger(app, context);
  AddInspect(app, context);
  AddVerify(app, context);
  AddFetch(app, context);
  AddCompletion(app, context);
}

// "svidence agent register": as far as the arguments were understood.
std::string ChosenPath(const CLI::App& app) {
  std::string path = app.get_name();
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += ' ' + at->get_name();
  }
  return path;
}

// CLI11 says "a subcommand is required" where one was given that is none.
std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
  std::string text = error.what();
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  if (error.get_name() == "RequiredError" && !unknown.empty()) {
    text += "; not understood: " + unknown.front();
  }
  return text + "; see `" + ChosenPath(app) + " --help`";
}

int Fail(const Environment& env, std::string_view message) {
  env.err << "svidence: " << OneLine(message) << "\n";
  return kUsage;
}

int RunChosen(const Context& context) {
  const Outcome outcome = context.run();
  context.env.out.flush();
  if (!outcome.ok()) {
    Fail(context.env, Message(outcome.status()));
    return outcome.status().code() == StatusCode::kDataLoss ? kFinding : kUsage;
  }
  if (!context.env.out) return Fail(context.env, "standard output cannot be written");
  return *outcome;
}

int ParseAndRun(const Environment& env, std::vector<std::string> arguments) {
  CLI::App app(kAbout);
  Context context(env);
  Build(app, context);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success& wish) {  // --help
    return app.exit(wish, env.out, env.err);
  } catch (const CLI::ParseError& error) {
    return Fail(env, Explain(app, error));
  }
  return RunChosen(context);
}

}  // namespace

// CLI11 and the standard streams throw; nothing of that leaves here.
int RunCli(const Environment& env, std::vector<std::string> arguments) noexcept {
  try {
    return ParseAndRun(env, std::move(arguments));
  } catch (const std::exception& error) {
    return Fail(env, std::string("unexpected: ") + error.what());
  }
}

}  // namespace svidence::cli
