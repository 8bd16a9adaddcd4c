#include "plugin/core/config/note.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"
#include "attestors/base/status.h"

namespace svidence::config {
namespace {

// The characters of our own keys; any other key comes from outside and is quoted.
bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

std::string KeyText(std::string_view key) {
  return std::all_of(key.begin(), key.end(), IsPlain) ? std::string(key) : Quote(key);
}

}  // namespace

std::string NoteText(const Note& note) {
  std::string text = std::to_string(note.at.line) + ":" + std::to_string(note.at.column) + ": ";
  if (!note.key.empty()) text += KeyText(note.key) + ": ";
  return text + note.message;
}

std::vector<std::string> NoteTexts(std::vector<Note> notes) {
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Note& a, const Note& b) { return a.at < b.at; });
  const std::size_t listed = std::min(notes.size(), kMaxNotes);
  std::vector<std::string> texts;
  texts.reserve(listed + 1);
  for (std::size_t i = 0; i < listed; ++i) texts.push_back(NoteText(notes[i]));
  if (listed < notes.size()) {
    texts.push_back("more problems follow; the first " + std::to_string(kMaxNotes) + " are listed");
  }
  return texts;
}

Status NotesStatus(const std::vector<std::string>& notes) {
  if (notes.empty()) return OkStatus();
  std::string message = "plugin_data: ";
  for (const std::string& note : notes) {
    if (&note != &notes.front()) message += "; ";
    message += note;
  }
  return InvalidArgument(message);
}

}  // namespace svidence::config
