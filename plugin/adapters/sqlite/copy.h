// Copies of whole databases, beside a program that writes to them.
#pragma once

#include <string>

#include "attestors/base/status.h"

namespace svidence::sqlite {

// Copies the database at `from`, as of one moment and with what is only in its
// write-ahead log, to the new file `to`, for its owner's eyes only and synced. The copy
// has no write-ahead log. Does not keep writers from writing.
// Errors: NotFound if there is no `from`; AlreadyExists if there is a `to`; those of
//         Database; nothing is left at `to` then.
// Source: https://www.sqlite.org/backup.html.
Status CopyDatabase(const std::string& from, const std::string& to);

}  // namespace svidence::sqlite
