#include "plugin/adapters/linux/revocation_spool.h"

#include <cerrno>
#include <charconv>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

constexpr std::size_t kAreas = 2;
constexpr std::size_t kAreaBytes = std::size_t{128} * 1024;
constexpr std::string_view kMagic = "svidence-revocation-spool-v1";

// "<magic> <sequence> <body bytes> <sha256 of sequence, newline, body>\n<body>", then zeros.
std::string RenderArea(const Hasher& hasher, std::uint64_t sequence, std::string_view body) {
  const std::string number = std::to_string(sequence);
  std::string area(kMagic);
  area += ' ' + number + ' ' + std::to_string(body.size()) + ' ' +
          DigestText(hasher.Sha256({number, "\n", body})) + '\n';
  area += body;
  return area;
}

struct Area {
  std::uint64_t sequence = 0;
  std::string body;
};

// The next word of `text`, up to `end`, which is taken off with it.
std::string_view TakeWord(std::string_view& text, char end) {
  const std::string_view word = text.substr(0, text.find(end));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

StatusOr<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return DataLoss("not a number: " + Quote(text));
  }
  return value;
}

StatusOr<Area> ParseArea(const Hasher& hasher, std::string_view text) {
  if (TakeWord(text, ' ') != kMagic) return DataLoss("does not begin with " + Quote(kMagic));
  const std::string_view number = TakeWord(text, ' ');
  Area area;
  SVIDENCE_ASSIGN_OR_RETURN(area.sequence, ParseNumber(number));
  SVIDENCE_ASSIGN_OR_RETURN(const std::uint64_t size, ParseNumber(TakeWord(text, ' ')));
  const std::string_view digest = TakeWord(text, '\n');
  if (size > text.size()) return DataLoss("is cut short");
  area.body = text.substr(0, size);
  if (digest != DigestText(hasher.Sha256({number, "\n", area.body}))) {
    return DataLoss("does not match its digest");
  }
  return area;
}

std::string RenderRecords(std::span<const revocation::SpoolRecord> records) {
  std::string body;
  for (const revocation::SpoolRecord& record : records) {
    JsonWriter(body)
        .BeginObject()
        .Key("spiffe_id")
        .String(record.spiffe_id)
        .Key("reason")
        .String(record.reason)
        .Key("by")
        .String(record.by)
        .EndObject();
    body += '\n';
  }
  return body;
}

StatusOr<std::vector<revocation::SpoolRecord>> ParseRecords(std::string_view body) {
  std::vector<revocation::SpoolRecord> records;
  while (!body.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(const Json line, ParseStrictJson(TakeWord(body, '\n')));
    const auto text = [&line](std::string_view key) {
      const Json* const member = line.Find(key);
      return member == nullptr ? nullptr : member->text();
    };
    const std::string* const id = text("spiffe_id");
    const std::string* const reason = text("reason");
    const std::string* const by = text("by");
    if (id == nullptr || reason == nullptr || by == nullptr) return DataLoss("a member is missing");
    records.push_back({*id, *reason, *by});
  }
  return records;
}

}  // namespace

StatusOr<std::unique_ptr<RevocationSpool>> RevocationSpool::Open(const std::string& path,
                                                                 const Hasher& hasher) {
  UniqueFd fd = OpenFd(path.c_str(), O_RDWR);
  if (!fd.valid() && errno == ENOENT) {
    std::string bytes;
    for (std::size_t area = 0; area < kAreas; ++area) {
      bytes += RenderArea(hasher, 1, {});
      bytes.resize((area + 1) * kAreaBytes);
    }
    SVIDENCE_RETURN_IF_ERROR(CreateFileDurably(path, bytes, 0600));
    fd = OpenFd(path.c_str(), O_RDWR);
  }
  if (!fd.valid()) return ErrnoStatus(errno, "opening", path);
  std::unique_ptr<RevocationSpool> spool(new RevocationSpool(path, std::move(fd), hasher));
  SVIDENCE_RETURN_IF_ERROR(spool->Load().status());
  return spool;
}

StatusOr<std::string> RevocationSpool::ReadArea(std::size_t area) const {
  std::string bytes(kAreaBytes, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                              static_cast<off_t>(area * kAreaBytes + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "reading", path_);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

StatusOr<std::vector<revocation::SpoolRecord>> RevocationSpool::Load() {
  Area best;
  Status first_error;
  for (std::size_t i = 0; i < kAreas; ++i) {
    SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes, ReadArea(i));
    const StatusOr<Area> area = ParseArea(hasher_, bytes);
    if (!area.ok() && first_error.ok()) first_error = area.status();
    if (area.ok() && area->sequence > best.sequence) best = *area;
  }
  // One area may be torn: its write had not returned. Both cannot be.
  if (best.sequence == 0) {
    return DataLoss("revocation spool " + Quote(path_, 256) + ' ' + Message(first_error) +
                    "; revocations that it held may be missing from the ledger: revoke them again "
                    "after moving the file away");
  }
  sequence_ = best.sequence;
  StatusOr<std::vector<revocation::SpoolRecord>> records = ParseRecords(best.body);
  if (!records.ok()) {
    return DataLoss("revocation spool " + Quote(path_, 256) + ": " + Message(records.status()));
  }
  return records;
}

Status RevocationSpool::WriteArea(std::size_t area, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                               static_cast<off_t>(area * kAreaBytes + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ErrnoStatus(errno, "writing", path_);
    done += static_cast<std::size_t>(put);
  }
  if (fdatasync(fd_.get()) != 0) return ErrnoStatus(errno, "syncing", path_);
  return OkStatus();
}

Status RevocationSpool::Save(std::span<const revocation::SpoolRecord> records) {
  const std::string bytes = RenderArea(hasher_, sequence_ + 1, RenderRecords(records));
  if (bytes.size() > kAreaBytes) {
    return ResourceExhausted("revocation spool holds at most " + std::to_string(kAreaBytes) +
                             " bytes, " + std::to_string(records.size()) + " records have " +
                             std::to_string(bytes.size()));
  }
  // One after the other: whenever the power fails, one of the two is whole.
  for (std::size_t area = 0; area < kAreas; ++area) {
    SVIDENCE_RETURN_IF_ERROR(WriteArea(area, bytes));
  }
  ++sequence_;
  return OkStatus();
}

}  // namespace svidence::linux_os
