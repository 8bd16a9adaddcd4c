#include "plugin/core/config/server_settings.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"
#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/config/hcl.h"
#include "plugin/core/config/log_level.h"
#include "plugin/core/config/oid.h"
#include "plugin/core/config/settings_reader.h"
#include "plugin/core/config/values.h"
#include "plugin/core/ledger/note/ssh_agent_message.h"
#include "plugin/core/trust/decay.h"

namespace svidence::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMaxPathBytes = 1024;
constexpr std::size_t kMaxRuntimeDirBytes =
    kMaxSocketPathBytes - std::string_view("/admin.sock").size();
constexpr std::size_t kMaxPrefixBytes = 128;
constexpr std::size_t kMaxServerIdBytes = 32;
constexpr std::size_t kMaxClaimNameBytes = 64;
constexpr milliseconds kMinAppendTimeout{100};
constexpr milliseconds kMaxAppendTimeout{25000};  // SPIRE agents give up after 30 s
constexpr std::int64_t kMaxUnsignedPoints = 70;
constexpr std::int64_t kHundredths = 100;
constexpr seconds kMaxTrustSeconds{315360000};

constexpr std::string_view kDefaultSpireSocket = "/tmp/spire-server/private/api.sock";
constexpr std::string_view kDefaultPrefix = "/agent";
constexpr std::string_view kDefaultOid =
    "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985";

constexpr std::array<KeyDoc, 21> kKeys = {{
    {"ledger_dir", "required"},
    {"mark_dir", "`<ledger_dir>-mark`"},
    {"log_key", "`$SVIDENCE_LOG_KEY`, else `<ledger_dir>/log.key`"},
    {"runtime_dir", "`$RUNTIME_DIRECTORY`, else `$XDG_RUNTIME_DIR/svidence`, else `/run/svidence`"},
    {"spire_server_socket", "`\"/tmp/spire-server/private/api.sock\"`"},
    {"agent_prefix", "`\"/agent\"`"},
    {"enrolment", "`\"manual\"`"},
    {"unregistered", "`\"score_zero\"`"},
    {"allow_unsigned", "`false`"},
    {"oid", "`\"1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985\"`"},
    {"allow_documentation_oid", "`false`"},
    {"jwt_claim", "`\"svidence\"`"},
    {"server_id", "`\"a\"`"},
    {"append_timeout", "`\"5s\"`"},
    {"proof", "`\"required\"`"},
    {"log_level", "`\"info\"`"},
    {"trust.score", "`70`"},
    {"trust.half_life", "`\"24h\"`"},
    {"trust.hold", "`\"0s\"`"},
    {"trust.floor", "`10`"},
    {"metrics.listen", "no endpoint"},
}};

bool IsWithinDirectory(std::string_view path, std::string_view directory) {
  return path == directory || (path.starts_with(directory) && path[directory.size()] == '/');
}

// The default of runtime_dir: the first of the environment's that is set.
StatusOr<std::string> DefaultRuntimeDir(const ServerEnvironment& environment) {
  const std::string& listed = environment.runtime_directory;
  const std::string first = listed.substr(0, listed.find(':'));
  const std::string xdg =
      environment.xdg_runtime_dir.empty() ? "" : environment.xdg_runtime_dir + "/svidence";
  const std::string_view variable = first.empty() ? "XDG_RUNTIME_DIR" : "RUNTIME_DIRECTORY";
  const std::string& chosen = first.empty() ? xdg : first;
  if (chosen.empty()) return std::string("/run/svidence");
  StatusOr<std::string> path = NormalizePath(chosen, kMaxRuntimeDirBytes);
  if (path.ok()) return path;
  return Annotate(path.status(), "taken from the environment variable " + std::string(variable) +
                                     "; set runtime_dir");
}

// A path, or a key in an agent.
StatusOr<std::string> NormalizeKeySource(const std::string& source) {
  if (!source.starts_with(ledger::kAgentKeyPrefix)) return NormalizePath(source, kMaxPathBytes);
  SVIDENCE_RETURN_IF_ERROR(ledger::ParseAgentKeyName(source).status());
  return source;
}

void ReadLogKey(SettingsReader& reader, const ServerEnvironment& environment,
                ServerSettings& settings) {
  settings.log_key = settings.ledger_dir + "/log.key";
  const bool is_set = reader.Has("log_key");
  if (!is_set && environment.log_key.empty()) return;
  StatusOr<std::string> source =
      NormalizeKeySource(is_set ? reader.String("log_key", settings.log_key) : environment.log_key);
  if (source.ok()) {
    settings.log_key = *std::move(source);
  } else {
    reader.Problem("log_key", Message(is_set ? source.status()
                                             : Annotate(source.status(),
                                                        "taken from the environment variable "
                                                        "SVIDENCE_LOG_KEY")));
  }
}

void ReadPaths(SettingsReader& reader, const ServerEnvironment& environment,
               ServerSettings& settings) {
  settings.ledger_dir = reader.Path("ledger_dir", "", kMaxPathBytes);
  if (!reader.Has("ledger_dir")) {
    reader.Problem("ledger_dir",
                   "required: the directory that holds the ledger, such as "
                   "\"/var/lib/svidence/ledger\"");
  }
  settings.mark_dir = reader.Path("mark_dir", settings.ledger_dir + "-mark", kMaxPathBytes);
  if (reader.Has("mark_dir") && !settings.ledger_dir.empty() &&
      IsWithinDirectory(settings.mark_dir, settings.ledger_dir)) {
    reader.Problem("mark_dir",
                   "must lie outside ledger_dir: a copy of the ledger that is put back must not "
                   "bring its own high-water mark");
  }
  ReadLogKey(reader, environment, settings);
  settings.spire_server_socket =
      reader.Path("spire_server_socket", kDefaultSpireSocket, kMaxSocketPathBytes);
  if (reader.Has("runtime_dir")) {
    settings.runtime_dir = reader.Path("runtime_dir", "", kMaxRuntimeDirBytes);
    return;
  }
  StatusOr<std::string> path = DefaultRuntimeDir(environment);
  if (path.ok()) {
    settings.runtime_dir = *std::move(path);
  } else {
    reader.Problem("runtime_dir", Message(path.status()));
  }
}

Status CheckPrefix(std::string_view prefix) {
  if (prefix.size() > kMaxPrefixBytes) {
    return InvalidArgument("may have at most " + std::to_string(kMaxPrefixBytes) + " bytes, got " +
                           std::to_string(prefix.size()));
  }
  if (!prefix.starts_with('/') || prefix == "/") {
    return InvalidArgument(R"(must be a path below "/", such as "/agent", got )" + Quote(prefix));
  }
  for (std::size_t start = 1; start <= prefix.size();) {
    const std::size_t slash = std::min(prefix.find('/', start), prefix.size());
    if (!IsPathSegment(prefix.substr(start, slash - start))) {
      return InvalidArgument(
          "must consist of segments of letters, digits, \".\", \"_\" and \"-\", without a trailing "
          "slash, got " +
          Quote(prefix));
    }
    start = slash + 1;
  }
  for (const std::string_view reserved : {"/spire", "/svidence"}) {
    if (IsWithinDirectory(prefix, reserved)) {
      return InvalidArgument(Quote(reserved) + " and what is below it is reserved, got " +
                             Quote(prefix));
    }
  }
  return OkStatus();
}

Status CheckServerId(std::string_view id) {
  const bool plain =
      id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  if (id.empty() || id.size() > kMaxServerIdBytes || !plain) {
    return InvalidArgument("must be 1.." + std::to_string(kMaxServerIdBytes) +
                           " of a-z, 0-9 and \"-\", got " + Quote(id));
  }
  return OkStatus();
}

Status CheckClaimName(std::string_view name) {
  const bool plain = name.find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:/") ==
                     std::string_view::npos;
  if (name.empty() || name.size() > kMaxClaimNameBytes || !plain) {
    return InvalidArgument("must be 1.." + std::to_string(kMaxClaimNameBytes) +
                           " letters, digits and \"_-.:/\", got " + Quote(name));
  }
  for (const std::string_view taken : {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf",
                                       "act", "may_act", "scope", "client_id"}) {
    if (name == taken) {
      return InvalidArgument(
          "must not be a registered claim of RFC 7519, 7800, 8693 or 9068, got " + Quote(name));
    }
  }
  return OkStatus();
}

// The string at `key`, noted if `check` refuses it.
template <typename Check>
std::string Checked(SettingsReader& reader, std::string_view key, std::string_view default_value,
                    const Check& check) {
  std::string value = reader.String(key, default_value);
  if (const Status status = check(value); !status.ok()) reader.Problem(key, Message(status));
  return value;
}

void ReadNames(SettingsReader& reader, ServerSettings& settings) {
  settings.agent_prefix = Checked(reader, "agent_prefix", kDefaultPrefix, CheckPrefix);
  settings.server_id = Checked(reader, "server_id", "a", CheckServerId);
  settings.jwt_claim = Checked(reader, "jwt_claim", "svidence", CheckClaimName);
  settings.allow_documentation_oid = reader.Bool("allow_documentation_oid", false);
  settings.oid = Checked(reader, "oid", kDefaultOid, [&settings](std::string_view oid) {
    return CheckOidBase(oid, settings.allow_documentation_oid);
  });
}

void ReadPolicy(SettingsReader& reader, ServerSettings& settings) {
  constexpr std::array<std::string_view, 1> kEnrolment = {"manual"};
  constexpr std::array<std::string_view, 2> kUnregistered = {"score_zero", "deny"};
  reader.Enum("enrolment", "manual", kEnrolment);
  settings.deny_unregistered = reader.Enum("unregistered", "score_zero", kUnregistered) == "deny";
  constexpr std::array<std::string_view, 2> kProof = {"required", "optional"};
  settings.proof_optional = reader.Enum("proof", "required", kProof) == "optional";
  settings.allow_unsigned = reader.Bool("allow_unsigned", false);
  settings.append_timeout =
      reader.Duration("append_timeout", seconds(5), kMinAppendTimeout, kMaxAppendTimeout);
  settings.log_level = reader.Enum("log_level", kDefaultLogLevel, kLogLevels);
}

// A decay rule counts whole seconds.
std::int64_t WholeSeconds(SettingsReader& reader, std::string_view key, seconds default_value,
                          seconds min) {
  const milliseconds value = reader.Duration(key, default_value, min, kMaxTrustSeconds);
  if (value % seconds(1) != milliseconds(0)) {
    reader.Problem(key, "must be whole seconds, got " + DurationText(value));
  }
  return std::chrono::duration_cast<seconds>(value).count();
}

TrustStart ReadTrust(SettingsReader reader) {
  TrustStart trust;
  const std::int64_t points =
      reader.Integer("score", trust.score / kHundredths, 0, kMaxUnsignedPoints);
  // The default floor must not make a low score an error.
  const std::int64_t default_floor = std::min(points, trust.rule.floor / kHundredths);
  const std::int64_t floor = reader.Integer("floor", default_floor, 0, kMaxUnsignedPoints);
  if (floor > points) {
    reader.Problem("floor", "must not be above the score " + std::to_string(points) + ", got " +
                                std::to_string(floor));
  }
  trust.score = points * kHundredths;
  trust.rule.floor = floor * kHundredths;
  trust.rule.half_life =
      WholeSeconds(reader, "half_life", seconds(trust.rule.half_life), seconds(1));
  trust.rule.hold = WholeSeconds(reader, "hold", seconds(trust.rule.hold), seconds(0));
  return trust;
}

}  // namespace

Parsed<ServerSettings> ParseServerSettings(std::string_view hcl, std::string_view trust_domain,
                                           const ServerEnvironment& environment) {
  HclResult read = ParseHcl(hcl);
  std::vector<Note>& notes = read.notes;
  // What could not be read is not judged: each problem is said once.
  if (!notes.empty()) return {.settings = std::nullopt, .notes = NoteTexts(std::move(notes))};
  NoteUnknownKeys(read.document, kKeys, notes);

  ServerSettings settings;
  settings.trust_domain = trust_domain;
  SettingsReader reader(read.document, "", notes);
  if (const Status domain = CheckTrustDomain(trust_domain); !domain.ok()) {
    notes.push_back(Note{.at = {}, .key = "", .message = Message(domain)});
  }
  ReadPaths(reader, environment, settings);
  ReadNames(reader, settings);
  ReadPolicy(reader, settings);
  settings.trust = ReadTrust(SettingsReader(read.document, "trust", notes));
  settings.metrics = SettingsReader(read.document, "metrics", notes).Listen("listen");

  Parsed<ServerSettings> parsed;
  parsed.notes = NoteTexts(std::move(notes));
  if (parsed.notes.empty()) parsed.settings = std::move(settings);
  return parsed;
}

std::span<const KeyDoc> ServerKeys() { return kKeys; }

}  // namespace svidence::config
