#include "plugin/adapters/sqlite/wal_check.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "attestors/base/quote.h"

namespace svidence::sqlite {
namespace {

constexpr std::size_t kLogHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // lowest bit: checksums over big-endian words
constexpr std::uint32_t kFormat = 3007000;
constexpr std::size_t kSummedHeaderBytes = 24;
constexpr std::size_t kSummedFrameBytes = 8;

std::uint32_t WordAt(std::string_view bytes, std::size_t at, bool big_endian) {
  std::uint32_t word = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const auto byte = static_cast<unsigned char>(bytes[at + (big_endian ? k : 3 - k)]);
    word = (word << 8U) | byte;
  }
  return word;
}

// The log's running checksum.
struct Sum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  friend bool operator==(const Sum&, const Sum&) = default;

  void Add(std::string_view bytes, bool big_endian) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += WordAt(bytes, at, big_endian) + second;
      second += WordAt(bytes, at + 4, big_endian) + first;
    }
  }
};

struct LogHeader {
  bool good = false;
  bool big_endian = std::endian::native == std::endian::big;
  std::size_t page_bytes = 0;
  std::uint64_t salt = 0;
  Sum sum;
};

struct Frame {
  std::string raw;  // header and page
  bool commits = false;
  std::uint64_t salt = 0;
  Sum sum{};  // as stored
};

std::uint64_t SaltAt(std::string_view bytes, std::size_t at) {
  return (std::uint64_t{WordAt(bytes, at, true)} << 32U) | WordAt(bytes, at + 4, true);
}
Sum SumAt(std::string_view bytes, std::size_t at) {
  return {WordAt(bytes, at, true), WordAt(bytes, at + 4, true)};
}

bool IsPageSize(std::size_t bytes) {
  return bytes >= 512 && bytes <= 65536 && std::has_single_bit(bytes);
}

// Fewer bytes at the end of the file.
std::string ReadBytes(std::istream& in, std::size_t size) {
  std::string bytes(size, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

LogHeader ParseHeader(std::string_view bytes, std::size_t page_bytes_of_database) {
  LogHeader header;
  const std::uint32_t magic = WordAt(bytes, 0, true);
  header.page_bytes = WordAt(bytes, 8, true);
  header.salt = SaltAt(bytes, 16);
  header.sum = SumAt(bytes, 24);
  const bool big_endian = (magic & 1U) != 0;
  Sum sum;
  sum.Add(bytes.substr(0, kSummedHeaderBytes), big_endian);
  header.good = (magic & ~1U) == kMagic && WordAt(bytes, 4, true) == kFormat &&
                IsPageSize(header.page_bytes) && sum == header.sum;
  if (header.good) {
    header.big_endian = big_endian;
  } else {
    header.page_bytes = page_bytes_of_database;
  }
  return header;
}

std::optional<Frame> ReadFrame(std::istream& in, const LogHeader& header) {
  Frame frame{.raw = ReadBytes(in, kFrameHeaderBytes + header.page_bytes)};
  if (frame.raw.size() != kFrameHeaderBytes + header.page_bytes) return std::nullopt;
  frame.commits = WordAt(frame.raw, 4, true) != 0;
  frame.salt = SaltAt(frame.raw, 8);
  frame.sum = SumAt(frame.raw, 16);
  return frame;
}

// Is `frame` what was written behind the frame, or header, with the checksum `before`?
bool Follows(const Frame& frame, Sum before, bool big_endian) {
  const std::string_view raw = frame.raw;
  before.Add(raw.substr(0, kSummedFrameBytes), big_endian);
  before.Add(raw.substr(kFrameHeaderBytes), big_endian);
  return before == frame.sum;
}

struct Finding {
  std::size_t bad = 0;   // the first frame that does not verify, from 1; 0: the header
  std::size_t lost = 0;  // a frame of a later transaction
};

std::optional<Finding> FindLoss(std::istream& in, const LogHeader& header) {
  bool intact = header.good;
  std::size_t bad = 0;
  Sum before = header.sum;
  std::optional<Frame> last;
  for (std::size_t number = 1;; ++number) {
    std::optional<Frame> frame = ReadFrame(in, header);
    if (!frame) return std::nullopt;
    const bool own = !header.good || frame->salt == header.salt;
    if (intact && !(own && Follows(*frame, before, header.big_endian))) {
      intact = false;
      bad = number;
    } else if (!intact && own && last && last->commits && last->salt == frame->salt &&
               Follows(*frame, last->sum, header.big_endian)) {
      return Finding{.bad = bad, .lost = number};
    }
    before = frame->sum;
    last = std::move(frame);
  }
}

// 0 if it is no database, or an empty one.
std::size_t PageBytesOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes = ReadBytes(in, 18);
  if (bytes.size() < 18) return 0;
  const std::size_t size = WordAt(bytes, 14, true) & 0xffffU;
  return size == 1 ? 65536 : size;
}

constexpr std::string_view kKeep =
    "; keep both files as they are and put the ledger back from a backup that is at least as new "
    "as the high-water mark";

}  // namespace

Status CheckWriteAheadLog(const std::string& path) {
  std::ifstream in(path + "-wal", std::ios::binary);
  if (!in.is_open()) return OkStatus();  // there is none
  const std::string header_bytes = ReadBytes(in, kLogHeaderBytes);
  if (header_bytes.size() < kLogHeaderBytes) return OkStatus();

  const std::size_t page_bytes = PageBytesOf(path);
  if (page_bytes == 0) {
    return DataLoss(Quote(path, 256) + " is gone or empty, but its write-ahead log is there" +
                    std::string(kKeep));
  }
  const LogHeader header = ParseHeader(header_bytes, page_bytes);
  if (!IsPageSize(header.page_bytes)) return OkStatus();  // SQLite says what is wrong with it
  const std::optional<Finding> finding = FindLoss(in, header);
  if (in.bad()) return Unavailable("reading " + Quote(path + "-wal", 256));
  if (!finding) return OkStatus();
  const std::string where =
      finding->bad == 0 ? "its header" : "frame " + std::to_string(finding->bad);
  return DataLoss("the write-ahead log " + Quote(path + "-wal", 256) + " is damaged at " + where +
                  ", and frame " + std::to_string(finding->lost) +
                  " was committed later: entries are lost" + std::string(kKeep));
}

}  // namespace svidence::sqlite
