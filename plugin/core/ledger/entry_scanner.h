// Reads an entry in place: the grammar of docs/formats/ledger.md, once.
#pragma once

#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"

namespace svidence::ledger {

// How deep an entry nests, its outer braces counted, and how many members it
// holds in all.
constexpr std::size_t kMaxEntryDepth = 8;
constexpr std::size_t kMaxEntryMembers = 512;

// As Entry, but pointing into the bytes it was read from, which must outlive it.
struct EntryView {
  EntryPlace place;
  std::string_view type;
  std::string_view by;
  std::string_view subject;
  std::string_view agent;
  std::string_view members;
};

// Allocates nothing unless it fails: verification runs through here.
// Errors: InvalidArgument, naming the member and the byte, unless `bytes` follow
//         the grammar.
StatusOr<EntryView> ScanEntry(std::string_view bytes);

}  // namespace svidence::ledger
