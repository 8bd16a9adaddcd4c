#include "plugin/core/ledger/high_water.h"

#include <charconv>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kFirstLine = "svidence-mark 1\n";

// Takes the line "<key> <value>\n" off the front of `rest`.
StatusOr<std::string> TakeLine(std::string_view& rest, std::string_view key) {
  const std::string start = std::string(key) + ' ';
  const std::size_t end = rest.find('\n');
  if (!rest.starts_with(start) || end == std::string_view::npos) {
    return InvalidArgument("a high-water mark must have a line " + Quote(key) + " here, has " +
                           Quote(rest));
  }
  std::string value(rest.substr(start.size(), end - start.size()));
  rest.remove_prefix(end + 1);
  return value;
}

StatusOr<EntryIndex> ParseSize(std::string_view text) {
  EntryIndex size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size == 0 || size > kMaxIndex ||
      text.front() == '0') {
    return InvalidArgument("a high-water mark must have a size from 1 to 2^53-1, has " +
                           Quote(text));
  }
  return size;
}

Defect MarkDefect(EntryIndex index, std::string sentence) {
  return {.index = index, .kind = DefectKind::kMark, .sentence = std::move(sentence)};
}

}  // namespace

HighWaterMark MarkOf(const LogIdentity& identity, const Head& head) {
  return {
      .uuid = identity.uuid, .origin = identity.origin, .size = head.size, .leaf = head.last_leaf};
}

std::string FormatMark(const HighWaterMark& mark) {
  return std::string(kFirstLine) + "log " + mark.uuid + "\norigin " + mark.origin + "\nsize " +
         std::to_string(mark.size) + "\nleaf " + DigestText(mark.leaf) + '\n';
}

StatusOr<HighWaterMark> ParseMark(std::string_view text) {
  if (text.size() > kMaxMarkBytes) {
    return InvalidArgument("a high-water mark must have at most " + std::to_string(kMaxMarkBytes) +
                           " bytes, has " + std::to_string(text.size()));
  }
  if (!text.starts_with(kFirstLine)) {
    return InvalidArgument("a high-water mark must begin with the line \"svidence-mark 1\", has " +
                           Quote(text));
  }
  text.remove_prefix(kFirstLine.size());
  HighWaterMark mark;
  SVIDENCE_ASSIGN_OR_RETURN(mark.uuid, TakeLine(text, "log"));
  if (!IsUuid(mark.uuid)) {
    return InvalidArgument("a high-water mark must name its log by UUID, has " + Quote(mark.uuid));
  }
  SVIDENCE_ASSIGN_OR_RETURN(mark.origin, TakeLine(text, "origin"));
  if (!IsKeyName(mark.origin)) {
    return InvalidArgument("a high-water mark must have an origin, has " + Quote(mark.origin));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string size, TakeLine(text, "size"));
  SVIDENCE_ASSIGN_OR_RETURN(mark.size, ParseSize(size));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string leaf, TakeLine(text, "leaf"));
  SVIDENCE_ASSIGN_OR_RETURN(mark.leaf, ParseDigestText(leaf));
  if (!text.empty()) {
    return InvalidArgument("nothing may follow a high-water mark, got " + Quote(text));
  }
  return mark;
}

StatusOr<std::optional<HighWaterMark>> ReadMark(MarkStore& marks) {
  const StatusOr<std::string> text = marks.Read();
  if (!text.ok() && text.status().code() == StatusCode::kNotFound) return std::nullopt;
  const std::string fix =
      "; put the mark back from a backup, or, if you know that the ledger is whole, remove it: " +
      marks.Where();
  if (!text.ok()) return FailedPrecondition(Message(text.status()) + fix);
  StatusOr<HighWaterMark> mark = ParseMark(*text);
  if (!mark.ok()) return FailedPrecondition(Message(mark.status()) + fix);
  return *std::move(mark);
}

std::optional<Defect> CompareWithMark(const HighWaterMark& mark, const LogIdentity& identity,
                                      EntryIndex size, const Digest& leaf) {
  if (mark.uuid != identity.uuid || mark.origin != identity.origin) {
    return MarkDefect(0, "this ledger is log " + identity.uuid + ", origin " +
                             Quote(identity.origin, 256) + "; the high-water mark is of log " +
                             mark.uuid + ", origin " + Quote(mark.origin, 256));
  }
  if (mark.size > size) {
    return MarkDefect(size, "the ledger has " + std::to_string(size) +
                                " entries, the high-water mark has seen " +
                                std::to_string(mark.size) +
                                ": it was put back to an earlier state or its end was cut off");
  }
  if (mark.leaf != leaf) {
    const EntryIndex last = mark.size - 1;
    return MarkDefect(last, "entry " + std::to_string(last) + " has the leaf hash " +
                                DigestText(leaf) + ", the high-water mark has seen it with " +
                                DigestText(mark.leaf) + ": the ledger was written anew");
  }
  return std::nullopt;
}

}  // namespace svidence::ledger
