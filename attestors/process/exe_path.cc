#include "attestors/process/exe_path.h"

namespace svidence {

std::optional<std::string_view> ExePathProblem(std::string_view link) {
  if (link.size() >= kMaxExeLinkBytes) return "the path is as long as the kernel gives any";
  if (!link.starts_with('/')) return "the path does not begin at a root that the agent can reach";
  if (link.ends_with(" (deleted)")) return "the name of the executable has been removed";
  return std::nullopt;
}

}  // namespace svidence
