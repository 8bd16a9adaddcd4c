#include "plugin/core/ledger/entry.h"

#include <array>
#include <charconv>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/entry_scanner.h"

namespace svidence::ledger {
namespace {

// Room for the common members without `by`, `subject` and `agent`.
constexpr std::size_t kCommonBytes = 256;

void AppendIndex(std::string& out, EntryIndex index) {
  std::array<char, 24> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), index).ptr;
  out.append(digits.data(), end);
}

}  // namespace

StatusOr<std::string> RenderEntry(const EntryDraft& draft, const EntryPlace& place) {
  std::string out;
  out.reserve(kCommonBytes + draft.type.size() + draft.by.size() + draft.subject.size() +
              draft.agent.size() + draft.members.size());
  out += R"({"v":1,"i":)";
  AppendIndex(out, place.index);
  out += R"(,"at":")";
  out += FormatTime(place.at_millis);
  out += R"(","prev":")";
  out += Base64Encode(place.prev);
  out += R"(","type":")";
  out += draft.type;
  out += R"(","by":")";
  out += draft.by;
  out += R"(","subject":")";
  out += draft.subject;
  out += R"(","subject_prev":)";
  if (place.subject_prev) {
    AppendIndex(out, *place.subject_prev);
  } else {
    out += "null";
  }
  if (!draft.agent.empty()) {
    out += R"(,"agent":")";
    out += draft.agent;
    out += '"';
  }
  if (!draft.members.empty()) {
    out += ',';
    out += draft.members;
  }
  out += '}';
  // The texts went in as they are: the reader says whether the whole is an entry
  // and says what was meant.
  const StatusOr<EntryView> view = ScanEntry(out);
  if (!view.ok()) return Annotate(view.status(), "rendering an entry");
  if (view->place != place || view->type != draft.type || view->by != draft.by ||
      view->subject != draft.subject || view->agent != draft.agent ||
      view->members != draft.members) {
    return InvalidArgument("rendering an entry: it would not be read as it was meant");
  }
  return out;
}

StatusOr<Entry> ParseEntry(std::string_view bytes) {
  SVIDENCE_ASSIGN_OR_RETURN(const EntryView view, ScanEntry(bytes));
  return Entry{.place = view.place,
               .type = std::string(view.type),
               .by = std::string(view.by),
               .subject = std::string(view.subject),
               .agent = std::string(view.agent),
               .members = std::string(view.members)};
}

StatusOr<Json> ParseMembers(const Entry& entry) {
  return ParseStrictJson('{' + entry.members + '}',
                         {.max_bytes = kMaxEntryBytes, .max_depth = kMaxEntryDepth});
}

}  // namespace svidence::ledger
