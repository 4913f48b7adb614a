#include "ctl/commands/specs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ctl/commands/invocation.h"
#include "runtime/base/file_lock.h"
#include "runtime/config/command_line.h"
#include "runtime/config/fingerprint.h"
#include "runtime/state/daemon_record.h"

namespace holon::ctl {
namespace {

constexpr absl::Duration kLockTimeout = absl::Minutes(1);

// The variables and options of this start and of earlier ones, as options.
Invocation ByHand(const Context& context, const config::Configuration& configuration) {
  Options options;
  options.config_file = configuration.explicit_config_file;
  for (const holon::v1::ConfigOverride& override : configuration.overrides) {
    if (override.secret_withheld()) continue;
    options.sets.push_back(absl::StrCat(override.path(), "=", override.value()));
  }
  return MakeInvocation(options, context.inputs().home);
}

config::LoadInputs InheritingInputs(const Context& context) {
  config::LoadInputs inputs = context.inputs();
  absl::StatusOr<state::v1::DaemonRecord> record =
      state::ReadDaemonRecord(state::HomePaths(inputs.home).daemon_record);
  if (record.ok()) {
    inputs.inherited = state::OverridesFrom(*record);
    if (inputs.config_file.empty()) inputs.config_file = record->config_file();
  }
  return inputs;
}

}  // namespace

absl::Duration LockTimeout(const Context& context) {
  return context.options().timeout.value_or(kLockTimeout);
}

config::LoadResult LoadWithInherited(const Context& context) {
  if (context.options().reset) return context.loaded();
  return config::Load(InheritingInputs(context));
}

config::LoadResult LoadForReload(const Context& context) {
  config::LoadInputs inputs = InheritingInputs(context);
  for (const holon::v1::ConfigOverride& override : inputs.inherited) {
    // In place of the value that the runtime has: it is sent to nobody.
    if (override.secret_withheld()) inputs.kept_secrets[override.path()] = "kept";
  }
  return config::Load(inputs);
}

StartSpec MakeStartSpec(const Context& context, const config::LoadResult& loaded) {
  StartSpec spec;
  config::SpawnInputs line = config::ForSpawn(loaded.configuration, context.inputs().environment);
  spec.arguments = std::move(line.arguments);
  if (!loaded.configuration.explicit_config_file.empty()) {
    spec.arguments.push_back("--config");
    spec.arguments.push_back(loaded.configuration.explicit_config_file);
  }
  for (const auto& [name, value] : line.environment) {
    spec.environment.push_back(absl::StrCat(name, "=", value));
  }
  if (std::optional<OwnConfig> own = context.Describe(loaded)) spec.wanted = *std::move(own);
  // A command that begins to use the runtime at once would watch it for nothing.
  const bool runs = context.options().command == Command::kRun;
  spec.stability_window =
      context.options().stability_window.value_or(runs ? absl::ZeroDuration() : absl::Seconds(2));
  spec.reset = context.options().reset;
  spec.by_hand = ByHand(context, loaded.configuration);
  spec.start_timeout = context.options().start_timeout;
  return spec;
}

StopSpec MakeStopSpec(const Context& context) {
  StopSpec spec;
  spec.drain = context.options().drain_timeout;
  spec.term = context.options().term_timeout;
  spec.kill = context.options().kill_timeout;
  spec.force = context.options().force;
  spec.plan = context.options().plan;
  spec.reason = absl::StrCat("holonctl ", context.options().command_name);
  return spec;
}

absl::Status PrepareHome(const Context& context) {
  absl::Status made = state::MakeHome(state::HomePaths(context.inputs().home));
  if (!made.ok()) return made;
  // A runtime that lives has one of its own; with another nothing could be compared.
  absl::StatusOr<base::LockState> lock =
      base::LockStateOf(state::HomePaths(context.inputs().home).instance_lock);
  if (!lock.ok() || *lock == base::LockState::kMarked || *lock == base::LockState::kWhole) {
    return absl::OkStatus();
  }
  return config::EnsureFingerprintKey(context.inputs().home).status();
}

void ShowWarnings(Context& context, const config::LoadResult& loaded) {
  for (const std::string& warning : loaded.warnings) context.console().Warning(warning);
}

}  // namespace holon::ctl
