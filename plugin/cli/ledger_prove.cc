// `svidence ledger prove`.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/inspection.h"
#include "plugin/cli/opened_tree.h"
#include "plugin/cli/text.h"
#include "plugin/core/ledger/note/text.h"
#include "plugin/core/ledger/tree/proof.h"

namespace svidence::cli {
namespace {

struct Arguments {
  std::optional<ledger::EntryIndex> index;
  std::string svid;
  std::string source;
  std::string against;
  std::string out;
  std::vector<ledger::EntryIndex> consistency;
  TrustArguments trust;
  std::shared_ptr<const std::string> ledger_dir;
};

// The entry that an SVID carries.
struct Carried {
  ledger::EntryIndex index = 0;
  std::string bytes;
};

StatusOr<Carried> ReadCarried(const Environment& env, const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes,
                            env.read_file(path, openssl::kMaxCertificateInputBytes));
  const StatusOr<Inspection> svid = Inspect(
      bytes,
      {.oid_base = kDefaultOidBase, .claim = "svidence", .now_millis = env.clock.UnixMillis()},
      env.hasher);
  if (!svid.ok()) return Annotate(svid.status(), "reading " + Quote(path, 256));
  if (!svid->record) return InvalidArgument(Quote(path, 256) + " carries no ledger entry");
  return Carried{.index = svid->record->entry.place.index, .bytes = svid->record->entry_bytes};
}

Status Deliver(const Environment& env, const std::string& out, const std::string& text) {
  if (!out.empty()) return env.write_file(out, text, /*is_private=*/false);
  env.out << text;
  return OkStatus();
}

std::string ProofJson(ledger::EntryIndex index, const OpenedTree& tree, const std::string& proof) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("index").Int(static_cast<std::int64_t>(index));
  json.Key("size").Int(static_cast<std::int64_t>(tree.checkpoint->checkpoint.size));
  json.Key("origin").String(tree.checkpoint->checkpoint.origin);
  json.Key("proof").String(proof).EndObject();
  return text + '\n';
}

Outcome ProveInclusionOf(const Context& context, const Arguments& arguments,
                         const OpenedTree& tree) {
  Carried wanted;
  if (arguments.index) {
    wanted.index = *arguments.index;
  } else {
    SVIDENCE_ASSIGN_OR_RETURN(wanted, ReadCarried(context.env, arguments.svid));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string entry, ReadEntry(tree, wanted.index));
  if (!arguments.index && entry != wanted.bytes) {
    return DataLoss("the entry in " + Quote(arguments.svid, 256) + " is not entry " +
                    std::to_string(wanted.index) + " of the source: one of the two is forged");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string proof,
                            ProveEntry(context.env.hasher, tree, wanted.index, entry));
  SVIDENCE_RETURN_IF_ERROR(Deliver(context.env, arguments.out,
                                   context.json() ? ProofJson(wanted.index, tree, proof) : proof));
  return kOk;
}

// Lines of base64, as a witness takes them; both roots in JSON.
Outcome ProveConsistencyOf(const Context& context, const Arguments& arguments,
                           const OpenedTree& tree) {
  const Hasher& hasher = context.env.hasher;
  const ledger::EntryIndex old_size = arguments.consistency[0];
  const ledger::EntryIndex new_size = arguments.consistency[1];
  if (old_size > new_size || new_size > tree.size) {
    return InvalidArgument("--consistency must have OLD <= NEW <= " + std::to_string(tree.size) +
                           ", got " + std::to_string(old_size) + " and " +
                           std::to_string(new_size));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Digest old_root, ledger::RootAt(hasher, *tree.nodes, old_size));
  SVIDENCE_ASSIGN_OR_RETURN(const Digest new_root, ledger::RootAt(hasher, *tree.nodes, new_size));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> proof,
                            ledger::ProveConsistency(hasher, *tree.nodes, old_size, new_size));
  std::string text;
  if (context.json()) {
    JsonWriter json(text);
    json.BeginObject().Key("old_size").Int(static_cast<std::int64_t>(old_size));
    json.Key("old_root").String(DigestText(old_root));
    json.Key("new_size").Int(static_cast<std::int64_t>(new_size));
    json.Key("new_root").String(DigestText(new_root)).Key("hashes").BeginArray();
    for (const Digest& hash : proof) json.String(Base64Encode(hash));
    json.EndArray().EndObject();
    text += '\n';
  } else {
    for (const Digest& hash : proof) {
      ledger::AppendHash(text, hash);
      text += '\n';
    }
  }
  SVIDENCE_RETURN_IF_ERROR(Deliver(context.env, arguments.out, text));
  return kOk;
}

Outcome Run(const Context& context, const Arguments& arguments) {
  const int ways = (arguments.index ? 1 : 0) + (arguments.svid.empty() ? 0 : 1) +
                   (arguments.consistency.empty() ? 0 : 1);
  if (ways != 1) {
    return InvalidArgument("exactly one of INDEX, --svid and --consistency must be given");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string source,
                            SourceOf(arguments.source, *arguments.ledger_dir));
  SVIDENCE_ASSIGN_OR_RETURN(const Trust trust, Trust::Read(context.env, arguments.trust));
  SVIDENCE_ASSIGN_OR_RETURN(const OpenedTree tree,
                            OpenTree(context.env, trust, source, arguments.against));
  if (!arguments.consistency.empty()) return ProveConsistencyOf(context, arguments, tree);
  if (!tree.checkpoint) {
    return InvalidArgument(
        "a proof leads to a signed checkpoint, and the files of a ledger hold none: give "
        "--against, e.g. an SVID of this ledger or the published checkpoint");
  }
  return ProveInclusionOf(context, arguments, tree);
}

}  // namespace

void AddLedgerProve(CLI::App& group, Context& context,
                    const std::shared_ptr<const std::string>& ledger_dir) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->ledger_dir = ledger_dir;
  CLI::App* prove =
      group.add_subcommand("prove", "Write a proof that an entry is in the log, for offline use");
  prove->footer(
      "Writes a c2sp.org/tlog-proof, or the hashes of a consistency proof. Exits 1 if the source\n"
      "contradicts its checkpoint.\nExample:\n"
      "  svidence ledger prove 42 --source ./tiles --log-key log.vkey\n"
      "  svidence ledger prove --svid svid.pem --source ./tiles --out svid.tlog-proof\n"
      "  svidence ledger prove --consistency 40 90 --source ledger.jsonl");
  prove->add_option("INDEX", arguments->index, "Of the entry");
  prove->add_option("--svid", arguments->svid, "Instead: the entry in this SVID")
      ->type_name("FILE");
  prove
      ->add_option("--consistency", arguments->consistency,
                   "Instead: that the log of NEW entries begins with that of OLD")
      ->type_name("OLD NEW")
      ->expected(2);
  prove
      ->add_option("--source", arguments->source,
                   "A ledger's directory, an export, or a published log's directory")
      ->type_name("SOURCE");
  prove
      ->add_option("--against", arguments->against,
                   "The checkpoint to prove it in, a tlog-proof's or SVID's (default: the "
                   "published one)")
      ->type_name("FILE");
  prove->add_option("--out", arguments->out, "File, instead of standard output")->type_name("FILE");
  AddTrustOptions(*prove, arguments->trust);
  prove->callback([&context, arguments] {
    context.run = [&context, arguments] { return Run(context, *arguments); };
  });
}

}  // namespace svidence::cli
