// Takes typed settings out of a parsed document and notes what is wrong.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/core/config/hcl.h"
#include "plugin/core/config/listen_address.h"
#include "plugin/core/config/note.h"

namespace svidence::config {

// One row of a reference table.
struct KeyDoc {
  std::string_view name;           // "trust.half_life"
  std::string_view default_value;  // as the table words it; "required" if there is none
};

template <typename T>
struct Parsed {
  std::optional<T> settings;       // empty exactly if there are notes
  std::vector<std::string> notes;  // "line:column: key.path: message"
};

// Reads one body: the document's top level or one block. Each method returns
// the value of a key, or the default if the key is absent or wrong; the latter
// is noted. Not thread-safe; everything passed must outlive the reader.
class SettingsReader {
 public:
  // `block` is "" for the top level, else the name of a block, which may be absent.
  SettingsReader(const HclDocument& document, std::string_view block, std::vector<Note>& notes);

  // Does the text set `key`?
  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  bool Bool(std::string_view key, bool default_value);
  std::int64_t Integer(std::string_view key, std::int64_t default_value, std::int64_t min,
                       std::int64_t max);
  std::string String(std::string_view key, std::string_view default_value);
  std::string Enum(std::string_view key, std::string_view default_value,
                   std::span<const std::string_view> allowed);
  // "24h", "1m30s", "250ms": whole numbers, units h, m, s and ms.
  std::chrono::milliseconds Duration(std::string_view key, std::chrono::milliseconds default_value,
                                     std::chrono::milliseconds min, std::chrono::milliseconds max);
  // "512MiB": a whole number with B, KiB, MiB or GiB.
  std::uint64_t Size(std::string_view key, std::uint64_t default_value, std::uint64_t min,
                     std::uint64_t max);
  // Each value from `allowed`, none twice, at least one; in the order of `allowed`.
  std::vector<std::string> EnumList(std::string_view key,
                                    std::span<const std::string_view> allowed);
  // Absolute, at most `max_bytes`, without "." and ".."; a trailing slash is dropped.
  std::string Path(std::string_view key, std::string_view default_value, std::size_t max_bytes);
  // A local address to listen on; a problem if the block is there and `key` is not.
  std::optional<ListenAddress> Listen(std::string_view key);

  // Notes a problem at the value of `key`, or at the body if it is absent.
  void Problem(std::string_view key, std::string_view message);

 private:
  const HclItem* Find(std::string_view key) const;
  // The value of `key` if it has type T; otherwise null, and a note if there is a value.
  template <typename T>
  const T* Get(std::string_view key, std::string_view wanted);

  const std::vector<HclItem>* items_;  // null if the block is absent
  Position at_;
  std::string prefix_;  // "" or "trust."
  std::vector<Note>& notes_;
};

// Notes every item and block of `document` whose name is not in `keys`, with
// the nearest name that is.
void NoteUnknownKeys(const HclDocument& document, std::span<const KeyDoc> keys,
                     std::vector<Note>& notes);

}  // namespace svidence::config
