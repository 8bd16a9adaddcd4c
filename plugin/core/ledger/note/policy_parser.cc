#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/policy.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kNone = "none";

Status CheckCharacters(std::string_view line) {
  const auto* const bad = std::find_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
  if (bad == line.end()) return OkStatus();
  return InvalidArgument("there must be no control character but tabs, got " + Quote({bad, 1}));
}

// The items of a line. None: an empty line or a comment.
std::vector<std::string_view> Split(std::string_view line) {
  constexpr std::string_view kSpaces = " \t";
  std::vector<std::string_view> items;
  for (std::size_t at = line.find_first_not_of(kSpaces); at != std::string_view::npos;) {
    if (items.empty() && line[at] == '#') break;
    const std::size_t end = std::min(line.find_first_of(kSpaces, at), line.size());
    items.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kSpaces, end);
  }
  return items;
}

using Items = std::span<const std::string_view>;  // behind the keyword

// Takes a policy line by line.
class PolicyReader {
 public:
  explicit PolicyReader(const Hasher& hasher) : hasher_(hasher) {}

  Status Line(std::string_view line);
  // Errors: InvalidArgument if there was no quorum line.
  StatusOr<Policy::Parts> Finish();

 private:
  Status Log(Items items);
  Status Witness(Items items);
  Status Group(Items items);
  Status Quorum(Items items);

  StatusOr<TrustedKey> NewKey(std::string_view text, KeyType type);
  StatusOr<std::string> NewName(std::string_view name) const;
  StatusOr<std::size_t> Find(std::string_view name) const;
  void Define(PolicyVoter voter);

  const Hasher& hasher_;
  std::vector<TrustedKey> log_keys_;
  std::vector<TrustedKey> witness_keys_;
  Policy::Parts parts_;
  std::map<std::string, std::size_t, std::less<>> voter_of_;
  std::set<std::size_t> in_a_group_;
  std::set<PublicKey> public_keys_;
  std::size_t groups_ = 0;
  bool has_quorum_ = false;
};

Status TooMany(std::string_view what, std::size_t bound) {
  return InvalidArgument("there must be at most " + std::to_string(bound) + ' ' +
                         std::string(what));
}

StatusOr<std::string> Url(Items items, std::size_t at) {
  if (items.size() <= at) return std::string();
  if (items[at].size() > kMaxPolicyUrlBytes) {
    return InvalidArgument("a URL must have at most " + std::to_string(kMaxPolicyUrlBytes) +
                           " bytes, has " + std::to_string(items[at].size()));
  }
  return std::string(items[at]);
}

StatusOr<std::size_t> Threshold(std::string_view text, std::size_t members) {
  if (text == "all") return members;
  if (text == "any") return std::size_t{1};
  const std::optional<std::uint64_t> k = ParseDecimal(text);
  if (!k || *k == 0 || *k > members) {
    return InvalidArgument("a group's threshold must be all, any, or from 1 to its " +
                           std::to_string(members) + " members, got " + Quote(text));
  }
  return static_cast<std::size_t>(*k);
}

StatusOr<TrustedKey> PolicyReader::NewKey(std::string_view text, KeyType type) {
  SVIDENCE_ASSIGN_OR_RETURN(Vkey vkey, ParseVkey(hasher_, text, type));
  if (!public_keys_.insert(vkey.key).second) {
    return InvalidArgument("a public key must stand in one line only, whatever its name, got " +
                           Quote(text, 256));
  }
  return Trust(hasher_, std::move(vkey));
}

StatusOr<std::string> PolicyReader::NewName(std::string_view name) const {
  if (name.size() > kMaxPolicyNameBytes) {
    return InvalidArgument("a name must have at most " + std::to_string(kMaxPolicyNameBytes) +
                           " bytes, has " + std::to_string(name.size()));
  }
  if (name == kNone || voter_of_.contains(name)) {
    return InvalidArgument("a name must be defined once, got " + Quote(name, 256) + " again");
  }
  return std::string(name);
}

StatusOr<std::size_t> PolicyReader::Find(std::string_view name) const {
  const auto at = voter_of_.find(name);
  if (at == voter_of_.end()) {
    return InvalidArgument("a name must be defined on a line before its use, got " +
                           Quote(name, 256));
  }
  return at->second;
}

void PolicyReader::Define(PolicyVoter voter) {
  voter_of_.emplace(voter.name, parts_.voters.size());
  parts_.voters.push_back(std::move(voter));
}

Status PolicyReader::Log(Items items) {
  if (items.empty() || items.size() > 2) return InvalidArgument("want: log <vkey> [<url>]");
  if (log_keys_.size() == kMaxPolicyLogs) return TooMany("logs", kMaxPolicyLogs);
  SVIDENCE_ASSIGN_OR_RETURN(TrustedKey key, NewKey(items[0], KeyType::kEd25519));
  SVIDENCE_ASSIGN_OR_RETURN(std::string url, Url(items, 1));
  log_keys_.push_back(std::move(key));
  parts_.log_urls.push_back(std::move(url));
  return OkStatus();
}

Status PolicyReader::Witness(Items items) {
  if (items.size() < 2 || items.size() > 3) {
    return InvalidArgument("want: witness <name> <vkey> [<url>]");
  }
  if (witness_keys_.size() == kMaxPolicyWitnesses) return TooMany("witnesses", kMaxPolicyWitnesses);
  SVIDENCE_ASSIGN_OR_RETURN(std::string name, NewName(items[0]));
  SVIDENCE_ASSIGN_OR_RETURN(TrustedKey key, NewKey(items[1], KeyType::kCosignature));
  SVIDENCE_ASSIGN_OR_RETURN(std::string url, Url(items, 2));
  Define({.name = name, .witness = witness_keys_.size(), .threshold = 1, .members = {}});
  witness_keys_.push_back(std::move(key));
  parts_.witnesses.push_back({.name = std::move(name), .url = std::move(url)});
  return OkStatus();
}

Status PolicyReader::Group(Items items) {
  if (items.size() < 3) return InvalidArgument("want: group <name> all|any|<k> <name>...");
  if (groups_ == kMaxPolicyGroups) return TooMany("groups", kMaxPolicyGroups);
  PolicyVoter group;
  SVIDENCE_ASSIGN_OR_RETURN(group.name, NewName(items[0]));
  const Items names = items.subspan(2);
  SVIDENCE_ASSIGN_OR_RETURN(group.threshold, Threshold(items[1], names.size()));
  for (const std::string_view name : names) {
    SVIDENCE_ASSIGN_OR_RETURN(const std::size_t member, Find(name));
    if (!in_a_group_.insert(member).second) {
      return InvalidArgument("a name must be a member once, in one group, got " + Quote(name, 256) +
                             " again");
    }
    group.members.push_back(member);
  }
  Define(std::move(group));
  ++groups_;
  return OkStatus();
}

Status PolicyReader::Quorum(Items items) {
  if (items.size() != 1) return InvalidArgument("want: quorum <name>|none");
  if (has_quorum_) return InvalidArgument("there must be one quorum line, got a second");
  if (items[0] != kNone) {
    SVIDENCE_ASSIGN_OR_RETURN(parts_.quorum, Find(items[0]));
  }
  has_quorum_ = true;
  return OkStatus();
}

Status PolicyReader::Line(std::string_view line) {
  SVIDENCE_RETURN_IF_ERROR(CheckCharacters(line));
  const std::vector<std::string_view> items = Split(line);
  if (items.empty()) return OkStatus();
  const Items rest = Items(items).subspan(1);
  if (items[0] == "log") return Log(rest);
  if (items[0] == "witness") return Witness(rest);
  if (items[0] == "group") return Group(rest);
  if (items[0] == "quorum") return Quorum(rest);
  return InvalidArgument("a line must begin with log, witness, group or quorum, begins with " +
                         Quote(items[0]));
}

StatusOr<Policy::Parts> PolicyReader::Finish() {
  if (!has_quorum_) return InvalidArgument("a policy must have a quorum line");
  parts_.keys = std::move(log_keys_);
  std::move(witness_keys_.begin(), witness_keys_.end(), std::back_inserter(parts_.keys));
  return std::move(parts_);
}

}  // namespace

StatusOr<Policy> Policy::Parse(const Hasher& hasher, std::string_view text) {
  if (text.size() > kMaxPolicyBytes) {
    return InvalidArgument("a policy must have at most " + std::to_string(kMaxPolicyBytes) +
                           " bytes, has " + std::to_string(text.size()));
  }
  PolicyReader reader(hasher);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::optional<std::string_view> line = TakeLine(text);
    const Status good =
        line ? reader.Line(*line) : InvalidArgument("the last line must end in a line feed");
    if (!good.ok()) return Annotate(good, "policy line " + std::to_string(number));
  }
  SVIDENCE_ASSIGN_OR_RETURN(Parts parts, reader.Finish());
  return Policy(std::move(parts));
}

}  // namespace svidence::ledger
