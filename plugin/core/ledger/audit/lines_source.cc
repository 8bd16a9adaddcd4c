#include "plugin/core/ledger/audit/lines_source.h"

#include <string_view>
#include <utility>

#include "plugin/core/ledger/entry.h"

namespace svidence::ledger {
namespace {

// Reads lines forward from a place that it knows.
class LinesReader final : public EntryReader {
 public:
  LinesReader(const ByteFile& file, const std::vector<std::uint64_t>& starts, EntryIndex lines)
      : file_(file), starts_(starts), lines_(lines) {}

  Status Read(EntryIndex first, std::size_t max_entries, EntryBlock& block) override;

 private:
  // Makes `next_line_` the line `first`.
  Status Seek(EntryIndex first);
  // The next line out of `buffer_`, or nullopt if it does not end there.
  std::optional<std::string_view> Next();
  Status Fill();

  const ByteFile& file_;
  const std::vector<std::uint64_t>& starts_;
  const EntryIndex lines_;
  EntryIndex next_line_ = 0;
  std::uint64_t next_at_ = 0;  // where that line begins in the file
  std::string buffer_;         // of the file from next_at_ - used_ on
  std::size_t used_ = 0;
};

Status LinesReader::Fill() {
  used_ = 0;
  return file_.ReadAt(next_at_, kMaxBlockBytes, buffer_);
}

std::optional<std::string_view> LinesReader::Next() {
  const std::size_t end = buffer_.find('\n', used_);
  if (end == std::string::npos) return std::nullopt;
  const std::string_view line = std::string_view(buffer_).substr(used_, end - used_);
  next_at_ += line.size() + 1;
  used_ = end + 1;
  ++next_line_;
  return line;
}

Status LinesReader::Seek(EntryIndex first) {
  if (first == next_line_) return Fill();
  next_line_ = first / LinesSource::kStride * LinesSource::kStride;
  next_at_ = starts_[static_cast<std::size_t>(first / LinesSource::kStride)];
  SVIDENCE_RETURN_IF_ERROR(Fill());
  while (next_line_ < first) {
    if (Next()) continue;
    if (used_ != 0) {
      SVIDENCE_RETURN_IF_ERROR(Fill());
      continue;
    }
    // A line longer than the buffer: no entry, but it has to be passed over.
    if (buffer_.empty()) return Unavailable("the file has changed while it was read");
    next_at_ += buffer_.size();
    SVIDENCE_RETURN_IF_ERROR(Fill());
  }
  return used_ == 0 ? OkStatus() : Fill();
}

Status LinesReader::Read(EntryIndex first, std::size_t max_entries, EntryBlock& block) {
  block = {};
  if (first >= lines_) return OkStatus();
  SVIDENCE_RETURN_IF_ERROR(Seek(first));
  while (block.entries.size() < max_entries && next_line_ < lines_) {
    const std::optional<std::string_view> line = Next();
    if (!line) break;
    block.entries.push_back(*line);
  }
  if (!block.entries.empty()) return OkStatus();
  const bool too_long = buffer_.size() > kMaxEntryBytes;
  block.defect = Defect{.index = first,
                        .kind = DefectKind::kMalformed,
                        .sentence = too_long ? "the line is longer than an entry may be"
                                             : "the last line has no line feed: it was cut"};
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<LinesSource>> LinesSource::Open(std::unique_ptr<ByteFile> file) {
  std::unique_ptr<LinesSource> source(new LinesSource(std::move(file)));
  SVIDENCE_RETURN_IF_ERROR(source->FindLines());
  return source;
}

Status LinesSource::FindLines() {
  std::string block;
  std::uint64_t at = 0;
  bool ended = true;  // the last byte so far was a line feed
  while (true) {
    SVIDENCE_RETURN_IF_ERROR(file_->ReadAt(at, kMaxBlockBytes, block));
    if (block.empty()) break;
    for (std::size_t feed = block.find('\n'); feed != std::string::npos;
         feed = block.find('\n', feed + 1)) {
      if (++lines_ % kStride == 0) starts_.push_back(at + feed + 1);
    }
    ended = block.back() == '\n';
    at += block.size();
  }
  if (!ended) ++lines_;
  return OkStatus();
}

StatusOr<std::unique_ptr<EntryReader>> LinesSource::OpenReader() {
  return std::unique_ptr<EntryReader>(std::make_unique<LinesReader>(*file_, starts_, lines_));
}

}  // namespace svidence::ledger
