// `svidence ledger monitor`.
#include <memory>
#include <string>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/monitoring.h"
#include "plugin/cli/text.h"
#include "plugin/core/ledger/audit/fraud_proof.h"

namespace svidence::cli {
namespace {

constexpr int kMaxSeen = 64;

struct Arguments {
  MonitorTask task;
  std::string check_fraud;
  std::string interval = "30s";
  bool once = false;
  TrustArguments trust;
};

std::string RoundText(const MonitorRound& round, std::int64_t now_millis) {
  std::string text = ExactTime(now_millis) + " ok: " + std::to_string(round.size) + " entries, " +
                     std::to_string(round.added) + " new, root " + DigestText(round.root);
  if (round.unfollowed != 0) {
    text += "; not looked up for " + std::to_string(round.unfollowed) +
            " of them: an earlier entry on the subject";
  }
  return text + '\n';
}

std::string RoundJson(const MonitorRound& round, std::int64_t now_millis) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("time").String(ExactTime(now_millis));
  json.Key("ok").Bool(round.alarm.empty());
  json.Key("entries").Int(static_cast<std::int64_t>(round.size));
  json.Key("new").Int(static_cast<std::int64_t>(round.added));
  json.Key("unfollowed").Int(static_cast<std::int64_t>(round.unfollowed));
  json.Key("root").String(DigestText(round.root)).Key("alarm").String(round.alarm);
  json.Key("fraud_proof").String(round.fraud).EndObject();
  return text + '\n';
}

// The alarm goes to standard error, so that it is seen whatever becomes of the rest.
int Report(const Context& context, const MonitorRound& round) {
  const Environment& env = context.env;
  const std::int64_t now = env.clock.UnixMillis();
  if (context.json()) env.out << RoundJson(round, now);
  if (round.alarm.empty()) {
    if (!context.json()) env.out << RoundText(round, now);
    env.out.flush();
    return kOk;
  }
  env.err << "svidence: ALARM: " << OneLine(round.alarm);
  if (!round.fraud.empty()) env.err << "; proof written to " << Quote(round.fraud, 256);
  env.err << std::endl;
  return kFinding;
}

Outcome CheckFraud(const Context& context, const Trust& trust, const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text,
                            context.env.read_file(path, ledger::kMaxFraudProofBytes));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::FraudProof proof, ledger::ParseFraudProof(text));
  const openssl::OpenSslEd25519Verifier verifier;
  const StatusOr<std::string> shown =
      ledger::CheckFraudProof(proof, trust.policy()->keys().first(trust.policy()->log_count()),
                              verifier, context.env.hasher);
  if (!shown.ok()) return Annotate(shown.status(), Quote(path, 256) + " proves nothing");
  if (context.json()) {
    std::string json;
    JsonWriter(json).BeginObject().Key("proven").Bool(true).Key("shows").String(*shown).EndObject();
    context.env.out << json << '\n';
  } else {
    context.env.out << "PROVEN: " << Shown(*shown) << '\n';
  }
  return kFinding;
}

Outcome Watch(const Context& context, const Trust& trust, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t seconds,
                            ParseSeconds("--interval", arguments.interval));
  while (true) {
    const StatusOr<MonitorRound> round = WatchOnce(context.env, trust, arguments.task);
    if (arguments.once) {
      SVIDENCE_RETURN_IF_ERROR(round.status());
      return Report(context, *round);
    }
    if (round.ok()) {
      if (Report(context, *round) != kOk) return kFinding;
    } else if (round.status().code() == StatusCode::kInvalidArgument) {
      return round.status();
    } else {
      // The log cannot be read now: no finding, but somebody should see it.
      context.env.err << "svidence: " << OneLine(Message(round.status())) << std::endl;
    }
    if (!context.env.out) return Unavailable("standard output cannot be written");
    context.env.sleep(seconds * 1000);
  }
}

Outcome Run(const Context& context, const Arguments& given) {
  Arguments arguments = given;
  if (!arguments.trust.given()) {
    return InvalidArgument("--log-key or --policy must say whose log it is");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Trust trust, Trust::Read(context.env, arguments.trust));
  if (!arguments.check_fraud.empty()) return CheckFraud(context, trust, arguments.check_fraud);
  MonitorTask& task = arguments.task;
  if (task.source.empty() && task.seen.size() < 2) {
    return InvalidArgument("SOURCE must name a published log, or --seen two files to compare");
  }
  if (task.source.empty()) {
    if (task.fraud.empty()) task.fraud = "log.fraud-proof";
    SVIDENCE_ASSIGN_OR_RETURN(const MonitorRound round, CompareSeen(context.env, trust, task));
    return Report(context, round);
  }
  if (task.state.empty()) {
    return InvalidArgument("--state must name the file that keeps what was seen");
  }
  if (task.fraud.empty()) task.fraud = task.state + ".fraud-proof";
  return Watch(context, trust, arguments);
}

}  // namespace

void AddLedgerMonitor(CLI::App& group, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* monitor = group.add_subcommand(
      "monitor", "Watch a published log: it must only grow, and stay what it was");
  monitor->footer(
      "Stays, and exits 1 with an alarm when the log contradicts what it has shown; then a fraud\n"
      "proof is written that anybody verifies offline.\nExample:\n"
      "  svidence ledger monitor ./tiles --log-key log.vkey --state log.state\n"
      "  svidence ledger monitor --check-fraud log.fraud-proof --log-key log.vkey");
  monitor->add_option("SOURCE", arguments->task.source, "A published log's directory");
  monitor->add_option("--state", arguments->task.state, "Keeps the largest checkpoint seen")
      ->type_name("FILE");
  monitor
      ->add_option("--seen", arguments->task.seen,
                   "A checkpoint, tlog-proof or SVID that somebody was shown; may be given again")
      ->type_name("FILE")
      ->expected(1, kMaxSeen)
      ->allow_extra_args(false);
  monitor
      ->add_option("--fraud-proof", arguments->task.fraud,
                   "Where to write one (default: beside --state)")
      ->type_name("FILE");
  monitor->add_option("--check-fraud", arguments->check_fraud, "Only verify this fraud proof")
      ->type_name("FILE");
  monitor->add_flag("--once", arguments->once, "One round, then end");
  monitor->add_option("--interval", arguments->interval, "Between two rounds (default 30s)")
      ->type_name("DURATION");
  AddTrustOptions(*monitor, arguments->trust);
  monitor->callback([&context, arguments] {
    context.run = [&context, arguments] { return Run(context, *arguments); };
  });
}

}  // namespace svidence::cli
