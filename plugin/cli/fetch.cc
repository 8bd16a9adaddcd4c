// `svidence fetch x509|jwt`: a small client of the SPIFFE Workload API.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "attestors/base/json.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"
#include "plugin/core/claims/jwt_payload.h"

namespace svidence::cli {
namespace {

constexpr const char* kDefaultSocket = "/tmp/spire-agent/public/api.sock";
constexpr const char* kUnixScheme = "unix://";
constexpr const char* kShortUnixScheme = "unix:";
constexpr std::int64_t kFirstRetryMillis = 1000;
constexpr std::int64_t kLastRetryMillis = 30000;

struct Arguments {
  std::string socket;
  std::vector<std::string> audience;
  std::string directory;
  std::string timeout = "10s";
  bool watch = false;
};

std::string SocketPath(const Environment& env, const Arguments& arguments) {
  std::string path = arguments.socket;
  if (path.empty()) path = env.variable("SPIFFE_ENDPOINT_SOCKET").value_or(kDefaultSocket);
  for (const std::string scheme : {kUnixScheme, kShortUnixScheme}) {
    if (path.starts_with(scheme)) return path.substr(scheme.size());
  }
  return path;
}

StatusOr<std::string> PemOf(const std::string& chain_der) {
  // Any OID: only the split into certificates is wanted.
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<openssl::X509Certificate> chain,
                            openssl::ReadCertificates(chain_der, "2.5.29.17"));
  std::string pem;
  for (const openssl::X509Certificate& one : chain) {
    pem += openssl::EncodePem("CERTIFICATE", one.der).Reveal();
  }
  return pem;
}

StatusOr<std::int64_t> ExpiryOf(const std::string& chain_der) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<openssl::X509Certificate> chain,
                            openssl::ReadCertificates(chain_der, "2.5.29.17"));
  return chain.front().not_after;
}

// The key first, so that no reader finds a certificate whose key is to come.
Status WriteX509(const Environment& env, const std::string& directory, const WorkloadX509& svid) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string chain, PemOf(svid.chain_der));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bundle, PemOf(svid.bundle_der));
  const Secret key = openssl::EncodePem("PRIVATE KEY", svid.key_der.Reveal());
  SVIDENCE_RETURN_IF_ERROR(env.write_file(directory + "/bundle.pem", bundle, false));
  SVIDENCE_RETURN_IF_ERROR(env.write_file(directory + "/key.pem", key.Reveal(), true));
  return env.write_file(directory + "/svid.pem", chain, false);
}

Status PrintX509Json(const Context& context, const std::vector<WorkloadX509>& svids) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("svids").BeginArray();
  for (const WorkloadX509& svid : svids) {
    SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t expiry, ExpiryOf(svid.chain_der));
    json.BeginObject().Key("spiffe_id").String(svid.spiffe_id);
    json.Key("expires").String(ExactTime(expiry * 1000)).EndObject();
  }
  json.EndArray().EndObject();
  context.env.out << text << "\n" << std::flush;
  return OkStatus();
}

Status HandleX509(const Context& context, const Arguments& arguments,
                  const std::vector<WorkloadX509>& svids) {
  const Environment& env = context.env;
  if (svids.empty()) return NotFound("SPIRE agent gave no identity");
  if (!arguments.directory.empty()) {
    SVIDENCE_RETURN_IF_ERROR(WriteX509(env, arguments.directory, svids.front()));
  }
  if (context.json()) return PrintX509Json(context, svids);
  if (arguments.directory.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(const std::string pem, PemOf(svids.front().chain_der));
    env.out << pem << std::flush;
    return OkStatus();
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t expiry, ExpiryOf(svids.front().chain_der));
  env.out << Shown(svids.front().spiffe_id) << " until "
          << ShownTime(expiry * 1000, env.clock.UnixMillis()) << "\nwrote svid.pem, key.pem and "
          << "bundle.pem to " << Shown(arguments.directory) << "\n"
          << std::flush;
  return OkStatus();
}

// Once. With --watch for as long as the stream lasts.
Status FetchX509Once(const Context& context, const Arguments& arguments, std::int64_t millis) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto source,
                            context.env.connect_workload(SocketPath(context.env, arguments)));
  Status handled = OkStatus();
  const auto on_update = [&](const std::vector<WorkloadX509>& svids) {
    handled = HandleX509(context, arguments, svids);
    return handled.ok() && arguments.watch;
  };
  SVIDENCE_RETURN_IF_ERROR(source->WatchX509(arguments.watch ? 0 : millis, on_update));
  return handled;
}

StatusOr<std::int64_t> FetchJwtOnce(const Context& context, const Arguments& arguments,
                                    std::int64_t millis) {
  const Environment& env = context.env;
  SVIDENCE_ASSIGN_OR_RETURN(const auto source, env.connect_workload(SocketPath(env, arguments)));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<WorkloadJwt> svids,
                            source->FetchJwt(arguments.audience, millis));
  if (svids.empty()) return NotFound("SPIRE agent gave no token");
  const WorkloadJwt& svid = svids.front();
  SVIDENCE_ASSIGN_OR_RETURN(const claims::JwtPayload payload,
                            claims::ReadJwtPayload(svid.token, "svidence"));
  const std::int64_t expiry = payload.expires_at.value_or(0);
  if (!arguments.directory.empty()) {
    SVIDENCE_RETURN_IF_ERROR(
        env.write_file(arguments.directory + "/jwt.token", svid.token, /*is_private=*/true));
  }
  if (context.json()) {
    std::string text;
    JsonWriter json(text);
    json.BeginObject().Key("spiffe_id").String(svid.spiffe_id);
    json.Key("expires").String(ExactTime(expiry * 1000)).EndObject();
    env.out << text << "\n" << std::flush;
  } else if (arguments.directory.empty()) {
    env.out << OneLine(svid.token) << "\n" << std::flush;
  } else {
    env.out << Shown(svid.spiffe_id) << " until "
            << ShownTime(expiry * 1000, env.clock.UnixMillis()) << "\nwrote jwt.token to "
            << Shown(arguments.directory) << "\n"
            << std::flush;
  }
  return expiry;
}

// True for errors after which a watcher tries again.
bool MayPass(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kDeadlineExceeded;
}

// Runs `once` until it fails for good; it gives how long to wait after a success.
Outcome Watch(const Environment& env, const std::function<StatusOr<std::int64_t>()>& once) {
  std::int64_t retry = kFirstRetryMillis;
  while (true) {
    const StatusOr<std::int64_t> wait = once();
    if (!wait.ok() && !MayPass(wait.status())) return wait.status();
    if (!wait.ok()) {
      env.err << "svidence: " << OneLine(Message(wait.status())) << "; trying again\n";
      env.sleep(retry);
      retry = std::min(retry * 2, kLastRetryMillis);
      continue;
    }
    retry = kFirstRetryMillis;
    env.sleep(*wait);
  }
}

Outcome RunX509(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t seconds,
                            ParseSeconds("--timeout", arguments.timeout));
  const auto once = [&]() -> StatusOr<std::int64_t> {
    SVIDENCE_RETURN_IF_ERROR(FetchX509Once(context, arguments, seconds * 1000));
    return kFirstRetryMillis;
  };
  if (arguments.watch) return Watch(context.env, once);
  SVIDENCE_RETURN_IF_ERROR(once().status());
  return kOk;
}

Outcome RunJwt(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t seconds,
                            ParseSeconds("--timeout", arguments.timeout));
  const auto once = [&]() -> StatusOr<std::int64_t> {
    SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t expiry,
                              FetchJwtOnce(context, arguments, seconds * 1000));
    // Renewed at half of what is left.
    const std::int64_t left = expiry * 1000 - context.env.clock.UnixMillis();
    return std::max(left / 2, kFirstRetryMillis);
  };
  if (arguments.watch) return Watch(context.env, once);
  SVIDENCE_RETURN_IF_ERROR(once().status());
  return kOk;
}

CLI::App* AddOne(CLI::App& group, Context& context, const char* name, const char* about,
                 Outcome (*run)(const Context&, const Arguments&),
                 const std::shared_ptr<Arguments>& arguments) {
  CLI::App* app = group.add_subcommand(name, about);
  app->add_option("--socket", arguments->socket,
                  "Workload API (default: $SPIFFE_ENDPOINT_SOCKET, else "
                  "/tmp/spire-agent/public/api.sock)")
      ->type_name("PATH");
  app->add_option("--write", arguments->directory, "Write files to this directory")
      ->type_name("DIR");
  app->add_option("--timeout", arguments->timeout, "How long to wait (default 10s)")
      ->type_name("DURATION");
  app->add_flag("--watch", arguments->watch, "Stay, and fetch again before it expires");
  app->callback([&context, run, arguments] {
    context.run = [&context, run, arguments] { return run(context, *arguments); };
  });
  return app;
}

}  // namespace

void AddFetch(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("fetch", "Fetch this process's SVID from SPIRE agent");
  group->footer("Example:\n  svidence fetch x509 --write /run/buyer --watch");
  group->require_subcommand(1);
  CLI::App* x509 = AddOne(*group, context, "x509", "Fetch an X.509-SVID", RunX509,
                          std::make_shared<Arguments>());
  x509->footer(
      "With --write: svid.pem, key.pem (0600), bundle.pem. Without, certificates go to standard\n"
      "output; the key is never printed.\nExample:\n  svidence fetch x509 --write /run/buyer");
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* jwt = AddOne(*group, context, "jwt", "Fetch a JWT-SVID", RunJwt, arguments);
  jwt->footer("With --write: jwt.token (0600).\nExample:\n  svidence fetch jwt --audience ledger");
  jwt->add_option("--audience", arguments->audience, "Who may accept the token; may be repeated")
      ->required()
      ->expected(1, 64);
}

}  // namespace svidence::cli
