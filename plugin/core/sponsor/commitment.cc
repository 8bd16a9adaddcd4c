#include "plugin/core/sponsor/commitment.h"

#include "attestors/base/encoding.h"

namespace svidence::sponsor {

Digest Commit(const Hasher& hasher, CommitField field, const CommitSalt& salt,
              std::string_view value) {
  constexpr std::string_view kContext("svidence/commit/v1\0", 19);  // with its zero byte
  const char number = static_cast<char>(field);
  return hasher.Sha256({kContext, {&number, 1}, TextOf(salt), value});
}

}  // namespace svidence::sponsor
