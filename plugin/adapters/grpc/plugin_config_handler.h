// What a plugin must offer for SPIRE's Configure and Validate, as a port of the
// config service.
#pragma once

#include <string>
#include <vector>

#include "attestors/base/status.h"

namespace svidence {

// What SPIRE says when it configures a plugin.
struct PluginConfig {
  // Valid by CheckTrustDomain().
  std::string trust_domain;
  // The body of `plugin_data`, as SPIRE re-prints it; possibly empty, at most
  // kMaxHclBytes.
  std::string hcl;
};

// Methods are called on gRPC's threads, one at a time, while other calls run:
// an implementation swaps one snapshot, and a failed Configure leaves the old
// one in force.
class PluginConfigHandler {
 public:
  virtual ~PluginConfigHandler() = default;

  // Every problem of `config`, each with its key and its line and column, in
  // the order of the text. Empty if it is good. Touches nothing: no file, no
  // socket. SPIRE gets the same notes from Validate and from a failed Configure.
  virtual std::vector<std::string> Validate(const PluginConfig& config) = 0;

  // Puts `config`, for which Validate() gave no note, into force. Must not call
  // SPIRE: it serves nothing yet. Called again, with what was good before, in
  // every daemon that replaces a dead one.
  // Errors: InvalidArgument for what Validate() cannot see, e.g. a directory
  //         that does not exist. SPIRE does not start then. What may heal by
  //         itself is no error here (a ledger that is refused, say): the plugin
  //         answers its calls with the reason instead.
  virtual Status Configure(const PluginConfig& config) = 0;
};

}  // namespace svidence
