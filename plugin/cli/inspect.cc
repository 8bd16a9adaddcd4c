// `svidence inspect`.
#include <memory>
#include <string>

#include "attestors/base/quote.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/inspection.h"
#include "plugin/cli/inspection_text.h"

namespace svidence::cli {
namespace {

constexpr const char* kDisclaimer =
    "No signature was verified: neither SPIRE's nor the ledger's. Anybody could have written this.";

struct Arguments {
  std::string file;
  std::string oid = kDefaultOidBase;
  std::string claim = "svidence";
};

Outcome RunInspect(const Context& context, const Arguments& arguments) {
  const Environment& env = context.env;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes,
                            env.read_file(arguments.file, openssl::kMaxCertificateInputBytes));
  const std::int64_t now = env.clock.UnixMillis();
  const StatusOr<Inspection> inspection = Inspect(
      bytes, {.oid_base = arguments.oid, .claim = arguments.claim, .now_millis = now}, env.hasher);
  if (!inspection.ok()) return Annotate(inspection.status(), "inspecting " + Quote(arguments.file));
  if (context.json()) {
    env.out << RenderInspectionJson(*inspection, /*verified=*/false);
  } else {
    env.out << RenderInspection(*inspection, now) << kDisclaimer << "\n";
  }
  return inspection->ok() ? kOk : kFinding;
}

}  // namespace

void AddInspect(CLI::App& app, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* inspect =
      app.add_subcommand("inspect", "Decode an SVID and check it against its entry");
  inspect->footer(
      "Takes PEM, DER, a chain of either, or a JWT. Verifies no signature. Exits 1 if there is no\n"
      "record or it does not fit the credential.\nExample:\n  svidence inspect svid.pem");
  inspect->add_option("FILE", arguments->file, "The credential; - for standard input")->required();
  inspect->add_option("--oid", arguments->oid, "Base OID of the server's settings");
  inspect->add_option("--claim", arguments->claim, "Claim of the server's settings");
  inspect->callback([&context, arguments] {
    context.run = [&context, arguments] { return RunInspect(context, *arguments); };
  });
}

}  // namespace svidence::cli
