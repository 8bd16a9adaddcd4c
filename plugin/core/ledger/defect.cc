#include "plugin/core/ledger/defect.h"

namespace svidence::ledger {

std::string_view NameOf(DefectKind kind) {
  switch (kind) {
    case DefectKind::kMalformed:
      return "malformed";
    case DefectKind::kLeaf:
      return "leaf";
    case DefectKind::kIndex:
      return "index";
    case DefectKind::kPrev:
      return "prev";
    case DefectKind::kTime:
      return "time";
    case DefectKind::kSubjectPrev:
      return "subject_prev";
    case DefectKind::kOpening:
      return "opening";
    case DefectKind::kMissing:
      return "missing";
    case DefectKind::kSurplus:
      return "surplus";
    case DefectKind::kHead:
      return "head";
    case DefectKind::kMark:
      return "mark";
    case DefectKind::kBundle:
      return "bundle";
    case DefectKind::kTile:
      return "tile";
    case DefectKind::kCheckpoint:
      return "checkpoint";
    case DefectKind::kKey:
      return "key";
  }
  return "unknown";
}

}  // namespace svidence::ledger
