// The commands, one function each: they read their options from the context, print, and say how to
// exit.
#ifndef HOLON_CTL_COMMANDS_COMMANDS_H_
#define HOLON_CTL_COMMANDS_COMMANDS_H_

#include "ctl/commands/context.h"
#include "runtime/base/exit_code.h"

namespace holon::ctl {

base::ExitCode RunStart(Context& context);
base::ExitCode RunStop(Context& context);
base::ExitCode RunRestart(Context& context);
base::ExitCode RunEnsure(Context& context);
base::ExitCode RunReload(Context& context);
base::ExitCode RunStatus(Context& context);
base::ExitCode RunStatusWatch(Context& context);
base::ExitCode RunWait(Context& context);
base::ExitCode RunDiff(Context& context);
base::ExitCode RunConfig(Context& context);
base::ExitCode RunConfigEdit(Context& context);
base::ExitCode RunLogs(Context& context);
base::ExitCode RunFailures(Context& context);
base::ExitCode RunCleanup(Context& context);
base::ExitCode RunCompletion(Context& context);
base::ExitCode RunDoctor(Context& context);
base::ExitCode RunList(Context& context);
base::ExitCode RunRun(Context& context);
base::ExitCode RunVersion(Context& context);

// There is no setting of the name that was given.
base::ExitCode FailUnknownSetting(Context& context);

// Whatever the options ask for.
base::ExitCode RunCommand(Context& context);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_COMMANDS_H_
