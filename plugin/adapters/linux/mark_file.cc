#include "plugin/adapters/linux/mark_file.h"

#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

constexpr mode_t kOwnerOnly = 0600;

}  // namespace

StatusOr<std::string> MarkFile::Read() { return ReadRegularFile(path_, ledger::kMaxMarkBytes); }

Status MarkFile::Write(std::string_view text) { return WriteFileDurably(path_, text, kOwnerOnly); }

}  // namespace svidence::linux_os
