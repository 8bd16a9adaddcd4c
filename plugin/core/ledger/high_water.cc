#include "plugin/core/ledger/high_water.h"

#include <charconv>
#include <utility>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kVersion1 = "svidence-mark 1\n";
constexpr std::string_view kVersion2 = "svidence-mark 2\n";

StatusOr<std::string> TakeValue(std::string_view& rest, std::string_view key) {
  const std::optional<std::string_view> value = TakeField(rest, key);
  if (value) return std::string(*value);
  return InvalidArgument("a high-water mark must have a line " + Quote(key) + " here, has " +
                         Quote(rest));
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

StatusOr<Checkpoint> ReadCheckpoint(std::string_view note) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote parsed, ParseNote(note));
  return ParseCheckpoint(parsed.text);
}

// Takes what stands behind the five lines of version 2.
Status TakeCheckpoint(std::string_view text, HighWaterMark& mark) {
  if (!text.starts_with('\n')) {
    return InvalidArgument("a high-water mark must have an empty line here, has " + Quote(text));
  }
  text.remove_prefix(1);
  const StatusOr<Checkpoint> checkpoint = ReadCheckpoint(text);
  if (!checkpoint.ok()) return Annotate(checkpoint.status(), "the checkpoint of a high-water mark");
  if (checkpoint->origin != mark.origin || checkpoint->size == 0 || checkpoint->size > mark.size) {
    return InvalidArgument("the checkpoint of a high-water mark must be of " +
                           Quote(mark.origin, 256) + " and of 1 to " + std::to_string(mark.size) +
                           " entries, is of " + Quote(checkpoint->origin, 256) + " and of " +
                           std::to_string(checkpoint->size));
  }
  mark.checkpoint = std::string(text);
  return OkStatus();
}

Defect MarkDefect(EntryIndex index, std::string sentence) {
  return {.index = index, .kind = DefectKind::kMark, .sentence = std::move(sentence)};
}

}  // namespace

HighWaterMark MarkOf(const LogIdentity& identity, const Head& head, std::string checkpoint) {
  return {.uuid = identity.uuid,
          .origin = identity.origin,
          .size = head.size,
          .leaf = head.last_leaf,
          .checkpoint = std::move(checkpoint)};
}

std::optional<Checkpoint> CheckpointIn(const HighWaterMark& mark) {
  StatusOr<Checkpoint> checkpoint = ReadCheckpoint(mark.checkpoint);
  if (!checkpoint.ok()) return std::nullopt;
  return *std::move(checkpoint);
}

std::string FormatMark(const HighWaterMark& mark) {
  std::string text(mark.checkpoint.empty() ? kVersion1 : kVersion2);
  text += "log " + mark.uuid + "\norigin " + mark.origin + "\nsize " + std::to_string(mark.size) +
          "\nleaf " + DigestText(mark.leaf) + '\n';
  if (!mark.checkpoint.empty()) text += '\n' + mark.checkpoint;
  return text;
}

StatusOr<HighWaterMark> ParseMark(std::string_view text) {
  if (text.size() > kMaxMarkBytes) {
    return InvalidArgument("a high-water mark must have at most " + std::to_string(kMaxMarkBytes) +
                           " bytes, has " + std::to_string(text.size()));
  }
  const bool has_checkpoint = text.starts_with(kVersion2);
  if (!has_checkpoint && !text.starts_with(kVersion1)) {
    return InvalidArgument(
        "a high-water mark must begin with the line \"svidence-mark 1\" or \"svidence-mark 2\", "
        "has " +
        Quote(text));
  }
  text.remove_prefix(kVersion1.size());
  HighWaterMark mark;
  SVIDENCE_ASSIGN_OR_RETURN(mark.uuid, TakeValue(text, "log"));
  if (!IsUuid(mark.uuid)) {
    return InvalidArgument("a high-water mark must name its log by UUID, has " + Quote(mark.uuid));
  }
  SVIDENCE_ASSIGN_OR_RETURN(mark.origin, TakeValue(text, "origin"));
  if (!IsKeyName(mark.origin)) {
    return InvalidArgument("a high-water mark must have an origin, has " + Quote(mark.origin));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string size, TakeValue(text, "size"));
  SVIDENCE_ASSIGN_OR_RETURN(mark.size, ParseSize(size));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string leaf, TakeValue(text, "leaf"));
  SVIDENCE_ASSIGN_OR_RETURN(mark.leaf, ParseDigestText(leaf));
  if (has_checkpoint) {
    SVIDENCE_RETURN_IF_ERROR(TakeCheckpoint(text, mark));
  } else if (!text.empty()) {
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
