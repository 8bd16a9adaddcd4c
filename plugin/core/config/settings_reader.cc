#include "plugin/core/config/settings_reader.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "attestors/base/quote.h"
#include "attestors/base/status.h"
#include "plugin/core/config/values.h"

namespace svidence::config {
namespace {

std::string Describe(const HclValue::Data& data) {
  if (const auto* flag = std::get_if<bool>(&data)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&data)) {
    return "the number " + std::to_string(*number);
  }
  if (const auto* number = std::get_if<HclFloat>(&data)) return "the number " + Quote(number->text);
  if (const auto* text = std::get_if<std::string>(&data)) return "the string " + Quote(*text);
  return "a list";
}

// What to do when `data` is a value of the wanted type in the wrong dress.
std::string Hint(const HclValue::Data& data, bool wants_text) {
  const bool is_text = std::holds_alternative<std::string>(data);
  if (wants_text && !is_text && !std::holds_alternative<std::vector<HclValue>>(data)) {
    return "; put the value in quotes";
  }
  const bool looks_bare =
      is_text && !std::get<std::string>(data).empty() &&
      (std::get<std::string>(data) == "true" || std::get<std::string>(data) == "false" ||
       std::get<std::string>(data).find_first_not_of("0123456789") == std::string::npos);
  return !wants_text && looks_bare ? "; leave out the quotes" : "";
}

std::string JoinQuoted(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += Quote(word);
  }
  return text;
}

// Levenshtein's distance.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({change, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

std::string_view LastSegment(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// The candidate whose last segment is most like that of `word`, or empty if none
// is like it: a right word at the wrong level counts as like.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view last = LastSegment(word);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, last.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(last, LastSegment(candidate));
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string Suggestion(std::string_view word, std::span<const std::string_view> candidates,
                       std::span<const std::string_view> known) {
  const std::string_view nearest = Nearest(word, candidates);
  if (!nearest.empty()) return "; did you mean " + Quote(nearest) + "?";
  return "; known are " + JoinQuoted(known);
}

bool Contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The names of `keys`, sorted by where they may stand.
class KeyIndex {
 public:
  explicit KeyIndex(std::span<const KeyDoc> keys) {
    for (const KeyDoc& key : keys) {
      const std::size_t dot = key.name.find('.');
      const std::string_view first = key.name.substr(0, dot);
      names_.push_back(key.name);
      all_.push_back(key.name);
      if (dot == std::string_view::npos) {
        values_.push_back(key.name);
        top_.push_back(key.name);
      } else if (!IsBlock(first)) {
        blocks_.push_back(first);
        top_.push_back(first);
        all_.push_back(first);
      }
    }
  }

  bool IsBlock(std::string_view name) const { return Contains(blocks_, name); }
  bool IsTopValue(std::string_view name) const { return Contains(values_, name); }
  bool IsKey(std::string_view path) const { return Contains(names_, path); }

  std::string SuggestAtTop(std::string_view word) const { return Suggestion(word, all_, top_); }
  std::string SuggestInBlock(std::string_view block, std::string_view path) const {
    std::vector<std::string_view> inside;
    for (const std::string_view name : names_) {
      if (name.starts_with(block) && name.size() > block.size() && name[block.size()] == '.') {
        inside.push_back(name);
      }
    }
    return Suggestion(path, names_, inside);
  }

 private:
  std::vector<std::string_view> all_;     // "a", "trust", "trust.score"
  std::vector<std::string_view> names_;   // "a", "trust.score"
  std::vector<std::string_view> top_;     // "a", "trust"
  std::vector<std::string_view> values_;  // "a"
  std::vector<std::string_view> blocks_;  // "trust"
};

}  // namespace

SettingsReader::SettingsReader(const HclDocument& document, std::string_view block,
                               std::vector<Note>& notes)
    : items_(block.empty() ? &document.items : nullptr), notes_(notes) {
  if (block.empty()) return;
  prefix_ = std::string(block) + ".";
  for (const HclBlock& candidate : document.blocks) {
    if (candidate.name != block) continue;
    items_ = &candidate.items;
    at_ = candidate.at;
  }
}

const HclItem* SettingsReader::Find(std::string_view key) const {
  if (items_ == nullptr) return nullptr;
  const auto found = std::find_if(items_->begin(), items_->end(),
                                  [key](const HclItem& item) { return item.key == key; });
  return found == items_->end() ? nullptr : &*found;
}

void SettingsReader::Problem(std::string_view key, std::string_view message) {
  const HclItem* const item = Find(key);
  notes_.push_back(Note{.at = item == nullptr ? at_ : item->value.at,
                        .key = prefix_ + std::string(key),
                        .message = std::string(message)});
}

template <typename T>
const T* SettingsReader::Get(std::string_view key, std::string_view wanted) {
  const HclItem* const item = Find(key);
  if (item == nullptr) return nullptr;
  const T* const value = std::get_if<T>(&item->value.data);
  if (value == nullptr) {
    Problem(key, "must be " + std::string(wanted) + ", got " + Describe(item->value.data) +
                     Hint(item->value.data, std::is_same_v<T, std::string>));
  }
  return value;
}

bool SettingsReader::Bool(std::string_view key, bool default_value) {
  const bool* const value = Get<bool>(key, "true or false");
  return value == nullptr ? default_value : *value;
}

std::int64_t SettingsReader::Integer(std::string_view key, std::int64_t default_value,
                                     std::int64_t min, std::int64_t max) {
  const std::string range = std::to_string(min) + ".." + std::to_string(max);
  const auto* const value = Get<std::int64_t>(key, "a whole number in " + range);
  if (value == nullptr) return default_value;
  if (*value < min || *value > max) {
    Problem(key, "must be in " + range + ", got " + std::to_string(*value));
    return default_value;
  }
  return *value;
}

std::string SettingsReader::String(std::string_view key, std::string_view default_value) {
  const auto* const value = Get<std::string>(key, "a string");
  return std::string(value == nullptr ? default_value : *value);
}

std::string SettingsReader::Enum(std::string_view key, std::string_view default_value,
                                 std::span<const std::string_view> allowed) {
  const auto* const value = Get<std::string>(key, "one of " + JoinQuoted(allowed));
  if (value == nullptr) return std::string(default_value);
  if (!Contains(allowed, *value)) {
    Problem(key, "must be one of " + JoinQuoted(allowed) + ", got " + Quote(*value));
    return std::string(default_value);
  }
  return *value;
}

std::chrono::milliseconds SettingsReader::Duration(std::string_view key,
                                                   std::chrono::milliseconds default_value,
                                                   std::chrono::milliseconds min,
                                                   std::chrono::milliseconds max) {
  const auto* const text = Get<std::string>(key, R"(a duration such as "1m30s")");
  if (text == nullptr) return default_value;
  const StatusOr<std::chrono::milliseconds> duration = ParseDuration(*text);
  if (!duration.ok()) {
    Problem(key, Message(duration.status()));
    return default_value;
  }
  if (*duration < min || *duration > max) {
    Problem(key, "must be in " + DurationText(min) + ".." + DurationText(max) + ", got " +
                     DurationText(*duration));
    return default_value;
  }
  return *duration;
}

std::uint64_t SettingsReader::Size(std::string_view key, std::uint64_t default_value,
                                   std::uint64_t min, std::uint64_t max) {
  const auto* const text = Get<std::string>(key, R"(a size such as "512MiB")");
  if (text == nullptr) return default_value;
  const StatusOr<std::uint64_t> size = ParseSize(*text);
  if (!size.ok()) {
    Problem(key, Message(size.status()));
    return default_value;
  }
  if (*size < min || *size > max) {
    Problem(key, "must be in " + SizeText(min) + ".." + SizeText(max) + ", got " + SizeText(*size));
    return default_value;
  }
  return *size;
}

std::vector<std::string> SettingsReader::EnumList(std::string_view key,
                                                  std::span<const std::string_view> allowed) {
  std::vector<std::string_view> chosen;
  const auto* const list = Get<std::vector<HclValue>>(key, R"(a list such as ["a", "b"])");
  if (list == nullptr) return {allowed.begin(), allowed.end()};
  if (list->empty()) Problem(key, "must name at least one of " + JoinQuoted(allowed));
  for (const HclValue& value : *list) {
    const auto* const word = std::get_if<std::string>(&value.data);
    const auto note = [&](std::string message) {
      notes_.push_back(
          Note{.at = value.at, .key = prefix_ + std::string(key), .message = std::move(message)});
    };
    if (word == nullptr) {
      note("must hold strings, got " + Describe(value.data) + Hint(value.data, true));
    } else if (!Contains(allowed, *word)) {
      note("unknown value " + Quote(*word) + Suggestion(*word, allowed, allowed));
    } else if (Contains(chosen, *word)) {
      note("names " + Quote(*word) + " twice");
    } else {
      chosen.push_back(*word);
    }
  }
  std::vector<std::string> ordered;
  for (const std::string_view word : allowed) {
    if (Contains(chosen, word)) ordered.emplace_back(word);
  }
  return ordered;
}

std::string SettingsReader::Path(std::string_view key, std::string_view default_value,
                                 std::size_t max_bytes) {
  const auto* const text = Get<std::string>(key, "a string: an absolute path");
  if (text == nullptr) return std::string(default_value);
  const StatusOr<std::string> path = NormalizePath(*text, max_bytes);
  if (!path.ok()) {
    Problem(key, Message(path.status()));
    return std::string(default_value);
  }
  return *path;
}

std::optional<ListenAddress> SettingsReader::Listen(std::string_view key) {
  if (items_ != nullptr && !Has(key)) Problem(key, "required in this block");
  const auto* const text = Get<std::string>(key, R"(an address such as "127.0.0.1:9988")");
  if (text == nullptr) return std::nullopt;
  StatusOr<ListenAddress> address = ParseListenAddress(*text);
  if (address.ok()) return *std::move(address);
  Problem(key, Message(address.status()));
  return std::nullopt;
}

namespace {

void NoteUnknownIn(const HclBlock& block, const KeyIndex& index, std::vector<Note>& notes) {
  for (const HclItem& item : block.items) {
    const std::string path = block.name + "." + item.key;
    if (index.IsKey(path)) continue;
    notes.push_back({.at = item.key_at,
                     .key = path,
                     .message = "unknown key" + index.SuggestInBlock(block.name, path)});
  }
}

}  // namespace

void NoteUnknownKeys(const HclDocument& document, std::span<const KeyDoc> keys,
                     std::vector<Note>& notes) {
  const KeyIndex index(keys);
  const auto note = [&notes](Position at, const std::string& path, std::string message) {
    notes.push_back(Note{.at = at, .key = path, .message = std::move(message)});
  };
  for (const HclItem& item : document.items) {
    if (index.IsBlock(item.key)) {
      note(item.key_at, item.key, "must be a block: " + item.key + " { ... }");
    } else if (!index.IsTopValue(item.key)) {
      note(item.key_at, item.key, "unknown key" + index.SuggestAtTop(item.key));
    }
  }
  for (const HclBlock& block : document.blocks) {
    if (index.IsTopValue(block.name)) {
      note(block.at, block.name, "must be a value, got a block: " + block.name + " = ...");
    } else if (!index.IsBlock(block.name)) {
      note(block.at, block.name, "unknown block" + index.SuggestAtTop(block.name));
    } else {
      NoteUnknownIn(block, index, notes);
    }
  }
}

}  // namespace svidence::config
