// Damage in a write-ahead log that SQLite would pass over in silence.
#pragma once

#include <string>

#include "attestors/base/status.h"

namespace svidence::sqlite {

// Looks at the files of the database at `path` before SQLite does. SQLite takes the
// frames before the first that does not verify for the whole log, drops the rest and
// says nothing: after a power cut that is right, as what follows was never synced. It
// is a loss if a transaction behind the bad frame was begun after an earlier one
// behind it, or at it, was committed: that one had been synced, and with it the bad
// frame. A database that is gone or empty while its log holds frames is a loss too:
// SQLite would delete the log.
//
// A last transaction that is damaged cannot be told from one that was never synced:
// that is the high-water mark's to notice. Nobody may write meanwhile.
//
// Errors: DataLoss, naming the frame; Unavailable if the files cannot be read.
// Source: https://www.sqlite.org/fileformat2.html, section 4.
Status CheckWriteAheadLog(const std::string& path);

}  // namespace svidence::sqlite
