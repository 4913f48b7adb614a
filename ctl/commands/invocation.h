#ifndef HOLON_CTL_COMMANDS_INVOCATION_H_
#define HOLON_CTL_COMMANDS_INVOCATION_H_

#include <string>

#include "ctl/commands/options.h"
#include "ctl/render/next_command.h"

namespace holon::ctl {

// "holonctl" where PATH finds this very program, else its absolute path.
std::string OwnName();

// What the next command repeats of a call. Secrets are left out: they are refused on a command
// line, and may have been typed all the same.
Invocation MakeInvocation(const Options& options, const std::string& home);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_INVOCATION_H_
