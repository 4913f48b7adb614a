#include "ctl/commands/commands.h"

namespace holon::ctl {

base::ExitCode RunCommand(Context& context) {
  switch (context.options().command) {
    case Command::kStart:
      return RunStart(context);
    case Command::kStop:
      return RunStop(context);
    case Command::kRestart:
      return RunRestart(context);
    case Command::kEnsure:
      return RunEnsure(context);
    case Command::kReload:
      return RunReload(context);
    case Command::kStatus:
      return context.options().watch ? RunStatusWatch(context) : RunStatus(context);
    case Command::kWait:
      return RunWait(context);
    case Command::kDiff:
      return RunDiff(context);
    case Command::kConfigShow:
    case Command::kConfigGet:
    case Command::kConfigList:
    case Command::kConfigValidate:
    case Command::kConfigFingerprint:
    case Command::kConfigPath:
      return RunConfig(context);
    case Command::kConfigSet:
    case Command::kConfigUnset:
      return RunConfigEdit(context);
    case Command::kLogs:
      return RunLogs(context);
    case Command::kFailures:
      return RunFailures(context);
    case Command::kCleanup:
      return RunCleanup(context);
    case Command::kDoctor:
      return RunDoctor(context);
    case Command::kCompletion:
      return RunCompletion(context);
    case Command::kList:
      return RunList(context);
    case Command::kRun:
      return RunRun(context);
    case Command::kVersion:
      return RunVersion(context);
  }
  return base::ExitCode::kUsage;
}

}  // namespace holon::ctl
