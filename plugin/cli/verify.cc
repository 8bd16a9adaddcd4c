// `svidence verify`.
#include <memory>
#include <string>

#include "attestors/base/quote.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/inspection_text.h"
#include "plugin/cli/verification.h"
#include "plugin/core/ledger/note/policy.h"

namespace svidence::cli {
namespace {

struct Arguments {
  std::string file;
  std::string bundle;
  std::string log_key;
  std::string policy;
  std::string oid = kDefaultOidBase;
};

constexpr std::size_t kMaxPolicyFileBytes = ledger::kMaxPolicyBytes;
constexpr const char* kVerdict =
    "VERIFIED: signed by this trust domain, and in this ledger. Not asked: whether it was revoked\n"
    "since, and whether its presenter holds the key.";

Outcome RunVerify(const Context& context, const Arguments& arguments) {
  const Environment& env = context.env;
  const std::string& policy_file = arguments.policy.empty() ? arguments.log_key : arguments.policy;
  VerifyOptions options;
  options.inspect = {
      .oid_base = arguments.oid, .claim = "svidence", .now_millis = env.clock.UnixMillis()};
  SVIDENCE_ASSIGN_OR_RETURN(options.bundle,
                            env.read_file(arguments.bundle, openssl::kMaxCertificateInputBytes));
  SVIDENCE_ASSIGN_OR_RETURN(options.policy, env.read_file(policy_file, kMaxPolicyFileBytes));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes,
                            env.read_file(arguments.file, openssl::kMaxCertificateInputBytes));
  const StatusOr<Inspection> verified = VerifyCredential(bytes, options, env.hasher);
  if (!verified.ok()) return Annotate(verified.status(), "verifying " + Quote(arguments.file));
  if (context.json()) {
    env.out << RenderInspectionJson(*verified, /*verified=*/true);
  } else {
    env.out << RenderInspection(*verified, options.inspect.now_millis)
            << (verified->ok() ? kVerdict : "NOT VERIFIED") << "\n";
  }
  return verified->ok() ? kOk : kFinding;
}

}  // namespace

void AddVerify(CLI::App& app, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* verify =
      app.add_subcommand("verify", "Verify an X.509-SVID and its ledger proof, offline");
  verify->footer(
      "Needs nothing but its files: no server, no network. Exits 1 if a check fails.\nExample:\n"
      "  svidence ledger key > log.vkey     # once, by a way you trust\n"
      "  svidence verify svid.pem --log-key log.vkey --bundle bundle.pem");
  verify->add_option("FILE", arguments->file, "The SVID with its chain; - for standard input")
      ->required();
  verify->add_option("--bundle", arguments->bundle, "Certificates of the trust domain")
      ->type_name("FILE")
      ->required();
  auto* key = verify->add_option("--log-key", arguments->log_key,
                                 "The log's verifier key, as `svidence ledger key` prints it");
  auto* policy = verify->add_option("--policy", arguments->policy,
                                    "Instead: logs, witnesses and quorum (c2sp.org/tlog-policy)");
  key->type_name("FILE")->excludes(policy);
  policy->type_name("FILE")->excludes(key);
  verify->add_option("--oid", arguments->oid, "Base OID of the server's settings");
  verify->callback([&context, arguments] {
    if (arguments->log_key.empty() && arguments->policy.empty()) {
      throw CLI::RequiredError("--log-key or --policy");
    }
    context.run = [&context, arguments] { return RunVerify(context, *arguments); };
  });
}

}  // namespace svidence::cli
