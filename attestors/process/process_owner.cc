#include "attestors/process/process_owner.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "attestors/base/quote.h"

namespace svidence {
namespace {

// "real effective saved filesystem", separated by tabs.
constexpr std::size_t kIdsPerLine = 4;
constexpr std::size_t kEffective = 1;

// Parses what stands behind "Uid:" or "Gid:".
StatusOr<std::uint32_t> EffectiveId(std::string_view name, std::string_view ids) {
  std::array<std::uint32_t, kIdsPerLine> id{};
  std::string_view rest = ids;
  for (std::uint32_t& value : id) {
    if (rest.empty() || rest.front() != '\t') break;
    rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc()) break;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (&value == &id.back() && rest.empty()) return id[kEffective];
  }
  return InvalidArgument("process status line " + std::string(name) +
                         " must hold four numbers, got " + Quote(ids));
}

// Takes the id out of `line` if it begins with `name`.
Status TakeId(std::string_view line, std::string_view name, std::optional<std::uint32_t>& id) {
  if (!line.starts_with(name)) return OkStatus();
  if (id.has_value()) {
    return InvalidArgument("process status has the line " + std::string(name) + " twice");
  }
  SVIDENCE_ASSIGN_OR_RETURN(id, EffectiveId(name, line.substr(name.size())));
  return OkStatus();
}

}  // namespace

StatusOr<ProcessOwner> ParseProcessOwner(std::string_view status) {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  for (std::string_view rest = status; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    // A line without its end may be cut, and so may its last number.
    if (end == std::string_view::npos) break;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    SVIDENCE_RETURN_IF_ERROR(TakeId(line, "Uid:", uid));
    SVIDENCE_RETURN_IF_ERROR(TakeId(line, "Gid:", gid));
  }
  if (!uid.has_value() || !gid.has_value()) {
    return InvalidArgument(std::string("process status has no line ") +
                           (uid.has_value() ? "Gid:" : "Uid:"));
  }
  return ProcessOwner{*uid, *gid};
}

}  // namespace svidence
