// A JSON Lines export as a source of entries: one entry a line, each ended by one
// line feed, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugin/core/ledger/audit/source.h"

namespace svidence::ledger {

// Port: a file that can be read anywhere. Implemented by plugin/adapters/linux, in
// memory by tests. Thread-safe.
class ByteFile {
 public:
  virtual ~ByteFile() = default;

  // Puts up to `max_bytes` bytes from `offset` on into `bytes`, whose old contents
  // are dropped; fewer only at the end of the file.
  // Errors: what keeps it from being read.
  virtual Status ReadAt(std::uint64_t offset, std::size_t max_bytes, std::string& bytes) const = 0;
};

// The file must not change meanwhile. One pass over it finds where each 1,024th
// entry begins; the rest is read where it is needed.
class LinesSource final : public EntrySource {
 public:
  // Errors: what keeps the file from being read.
  static StatusOr<std::unique_ptr<LinesSource>> Open(std::unique_ptr<ByteFile> file);

  StatusOr<std::optional<EntryIndex>> Size() override { return std::optional(lines_); }
  StatusOr<std::unique_ptr<EntryReader>> OpenReader() override;

  // Lines between two known places.
  static constexpr EntryIndex kStride = 1024;

 private:
  explicit LinesSource(std::unique_ptr<ByteFile> file) : file_(std::move(file)) {}
  Status FindLines();

  std::unique_ptr<ByteFile> file_;
  std::vector<std::uint64_t> starts_{0};  // where line i * kStride begins
  EntryIndex lines_ = 0;                  // the last one perhaps without its line feed
};

}  // namespace svidence::ledger
