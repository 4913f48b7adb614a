// From a command line to what the life cycle is asked to do.
#ifndef HOLON_CTL_COMMANDS_SPECS_H_
#define HOLON_CTL_COMMANDS_SPECS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ctl/commands/context.h"
#include "ctl/lifecycle/starter.h"
#include "ctl/lifecycle/stopper.h"
#include "runtime/config/configuration.h"

namespace holon::ctl {

// How long to wait for whoever holds the home.
absl::Duration LockTimeout(const Context& context);

// What a restart inherits: the overrides of the last start, from its record.
config::LoadResult LoadWithInherited(const Context& context);

// The same for a reload, at which the runtime keeps the secrets that were not recorded.
config::LoadResult LoadForReload(const Context& context);

// `loaded` is valid.
StartSpec MakeStartSpec(const Context& context, const config::LoadResult& loaded);
StopSpec MakeStopSpec(const Context& context);

// Home and key, which every start needs; nothing is made before the configuration is known to be
// good.
absl::Status PrepareHome(const Context& context);

void ShowWarnings(Context& context, const config::LoadResult& loaded);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_SPECS_H_
