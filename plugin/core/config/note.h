// What is wrong with a configuration, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"

namespace svidence::config {

// A place in the text as SPIRE hands it over. Both count from 1; columns count
// characters (code points), not bytes.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a 0 in the defaulted one
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Note {
  Position at;
  std::string key;  // "trust.half_life"; empty if the problem belongs to no key
  std::string message;
};

// More problems than this are not listed, only said to exist.
constexpr std::size_t kMaxNotes = 32;

// "3:7: trust.half_life: message".
std::string NoteText(const Note& note);

// In the order of the text; at most kMaxNotes, then one line that says so.
std::vector<std::string> NoteTexts(std::vector<Note> notes);

// OK if there are no notes, else InvalidArgument with all of them, "; " between.
// The words are those that Validate answers: the same notes in both places.
Status NotesStatus(const std::vector<std::string>& notes);

}  // namespace svidence::config
