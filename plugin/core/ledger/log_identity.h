// Which log this is: what entry 0, `log.opened`, says and what never changes.
#pragma once

#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/random.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::ledger {

constexpr std::string_view kOpenedType = "log.opened";
constexpr std::string_view kLogSubject = "log";

struct LogIdentity {
  std::string uuid;          // version 4, lower case
  std::string origin;        // "<trust domain>/svidence/<uuid>": the name of the log and its key
  std::string vkey;          // the key the log began with
  std::string trust_domain;  // the one whose issuances it records

  friend bool operator==(const LogIdentity&, const LogIdentity&) = default;
};

// A new log of its own. `trust_domain` must be valid.
LogIdentity NewLogIdentity(const Hasher& hasher, Random& random, std::string_view trust_domain,
                           const PublicKey& key);

// The draft of entry 0; `by` is "server:<id>".
EntryDraft DraftOpened(const LogIdentity& identity, std::string_view by);

// Errors: InvalidArgument, naming the member, if `entry` is no `log.opened` or
//         its members are not as above.
StatusOr<LogIdentity> ParseOpened(const Hasher& hasher, const Entry& entry);

// "8-4-4-4-12" lower-case hex digits. Source: RFC 9562, section 4.
bool IsUuid(std::string_view text);

}  // namespace svidence::ledger
