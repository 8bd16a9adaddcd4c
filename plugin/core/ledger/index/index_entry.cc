#include "plugin/core/ledger/index/index_entry.h"

#include <cstdint>
#include <string>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/log_identity.h"

namespace svidence::ledger {
namespace {

StatusOr<std::uint64_t> NumberMember(const Json& index, std::string_view name) {
  const Json* member = index.Find(name);
  if (member == nullptr || member->integer() == nullptr || *member->integer() < 0 ||
      static_cast<std::uint64_t>(*member->integer()) > kMaxIndex) {
    return InvalidArgument("index.built must have the number \"index\"." + Quote(name));
  }
  return static_cast<std::uint64_t>(*member->integer());
}

}  // namespace

EntryDraft DraftIndexBuilt(const IndexRoot& root, std::string_view by) {
  std::string members;
  JsonWriter json(members);
  json.Key("index")
      .BeginObject()
      .Key("size")
      .Int(static_cast<std::int64_t>(root.size))
      .Key("leaves")
      .Int(static_cast<std::int64_t>(root.leaves))
      .Key("root")
      .String(DigestText(root.root))
      .EndObject();
  return {.type = std::string(kIndexBuiltType),
          .by = std::string(by),
          .subject = std::string(kLogSubject),
          .members = std::move(members)};
}

StatusOr<IndexRoot> ParseIndexBuilt(const Entry& entry) {
  if (entry.type != kIndexBuiltType || entry.subject != kLogSubject) {
    return InvalidArgument("the entry is no index.built on the log");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Json members, ParseMembers(entry));
  const Json* index = members.Find("index");
  if (index == nullptr || index->object() == nullptr || index->object()->size() != 3) {
    return InvalidArgument("index.built must have \"index\" with \"size\", \"leaves\", \"root\"");
  }
  IndexRoot root;
  SVIDENCE_ASSIGN_OR_RETURN(root.size, NumberMember(*index, "size"));
  SVIDENCE_ASSIGN_OR_RETURN(root.leaves, NumberMember(*index, "leaves"));
  const Json* digest = index->Find("root");
  if (digest == nullptr || digest->text() == nullptr) {
    return InvalidArgument("index.built must have the digest \"index\".\"root\"");
  }
  SVIDENCE_ASSIGN_OR_RETURN(root.root, ParseDigestText(*digest->text()));
  if (root.size > entry.place.index) {
    return InvalidArgument("index.built at " + std::to_string(entry.place.index) +
                           " cannot cover " + std::to_string(root.size) + " entries");
  }
  return root;
}

}  // namespace svidence::ledger
