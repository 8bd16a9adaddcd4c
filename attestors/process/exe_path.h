// Which texts of /proc/<pid>/exe may be given out as a path.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace svidence {

// Longest text of the link, in bytes. Source: PATH_MAX in linux/limits.h.
constexpr std::size_t kMaxExeLinkBytes = 4096;

// Why `link`, the text of the link, is not a path that leads to the file;
// nullopt if it is one.
//
// The kernel appends " (deleted)" if the name has been removed. A file may be
// called so, too: the text cannot tell which, and is withheld in both cases.
// Whether the *file* is gone is another question, which only its link count
// answers (ExeFacts::unlinked): a second name may be left.
//
// Withheld too: a text that does not begin with '/' (the kernel writes
// "(unreachable)" before what its reader cannot reach), and one of the greatest
// length, which may have been cut.
// Source: proc_pid_exe(5); d_path() in the kernel's fs/d_path.c.
std::optional<std::string_view> ExePathProblem(std::string_view link);

}  // namespace svidence
