#ifndef HOLON_CTL_COMMANDS_REPORT_H_
#define HOLON_CTL_COMMANDS_REPORT_H_

#include "ctl/commands/context.h"
#include "ctl/lifecycle/receipts.h"
#include "runtime/base/exit_code.h"

namespace holon::ctl {

// Says how a command that changes the world came out: one document, or what a person wants to know.
// Gives its exit code.
base::ExitCode Report(Context& context, const Outcome& outcome, const Receipts& receipts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_REPORT_H_
