// Registers agents without a signed sponsorship, and shows them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"
#include "plugin/core/admin/ports.h"

namespace svidence::admin {

// As AgentAdmin.
StatusOr<Registered> RegisterAgent(const Ports& ports, const Settings& settings,
                                   const Caller& caller, const Registration& wanted);
StatusOr<AgentPage> ListAgents(const Ports& ports, const Caller& caller, std::string_view after,
                               std::size_t page_size);
StatusOr<AgentDetail> GetAgent(const Ports& ports, const Settings& settings, const Caller& caller,
                               std::string_view name);

// An entry's `by` for this caller: "operator:<pseudonym of the user>".
// Errors: those of the directory.
StatusOr<std::string> OperatorOf(const Ports& ports, const Caller& caller);

}  // namespace svidence::admin
