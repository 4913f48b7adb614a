#ifndef HOLON_CTL_COMMANDS_CONTEXT_H_
#define HOLON_CTL_COMMANDS_CONTEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/commands/options.h"
#include "ctl/lifecycle/world.h"
#include "ctl/render/console.h"
#include "ctl/render/next_command.h"
#include "ctl/render/status_view.h"
#include "holon/ctl/v1/views.pb.h"
#include "runtime/base/clock.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/process_setup.h"
#include "runtime/base/signals.h"
#include "runtime/config/configuration.h"

namespace holon::ctl {

// What a command stands on: its options, the caller's configuration, and the home that they lead
// to. One thread.
class Context {
 public:
  // `callers`: what a command of `run` gets.
  Context(const Options& options, std::string self, base::Clock& clock, base::SignalFd& interrupts,
          const base::CallersWorld& callers);

  // INVALID_ARGUMENT: the paths that were given lead nowhere, so there is no home to speak of.
  const absl::Status& usable() const { return given_.status(); }
  const Options& options() const { return options_; }
  const base::CallersWorld& callers() const { return callers_; }
  // How this process shall end once the command has printed all: by this signal; 0: by its exit
  // code.
  int dies_by() const { return dies_by_; }
  void DieBy(int signal) { dies_by_ = signal; }
  Console& console() { return console_; }
  World& world() { return world_; }
  const config::LoadInputs& inputs() const { return inputs_; }
  // Default < file < environment < flags of this call.
  const config::LoadResult& loaded() const { return loaded_; }

  // The configuration of `loaded`, described with the home's key; nullopt where it is invalid, or
  // where it holds a secret and there is no key to tell it apart by.
  std::optional<OwnConfig> Describe(const config::LoadResult& loaded) const;

  // What helps in a situation, or with what was seen.
  NextStep Next(Situation situation) const { return NextFor(world_.call, situation); }
  NextStep Next(const probe::Sighting& sighting) const {
    return NextFor(world_.call, sighting, loaded_.faults.empty());
  }
  v1::StatusView Status(const probe::Sighting& sighting) const;

  // Print the failure in the way that was asked for, and give its exit code.
  base::ExitCode Fail(base::ExitCode code, const std::string& reason, const std::string& message,
                      const NextStep& next = {});
  // `reason` is that of anything but a lack of permission, which has its own.
  base::ExitCode FailFor(const absl::Status& status, const std::string& reason);
  // For a status of state::CheckHome, state::MakeHome or probe::Look.
  base::ExitCode FailHome(const absl::Status& status);
  // Where a runtime's answer is needed and there is none.
  base::ExitCode FailNoAnswer(const probe::Sighting& sighting);
  base::ExitCode FailFaults(const std::vector<config::Fault>& faults);

 private:
  void PrintFailure(const v1::ErrorDocument& failure);

  const Options& options_;
  const base::CallersWorld& callers_;
  int dies_by_ = 0;
  Console console_;
  const absl::StatusOr<config::LoadInputs> given_;
  config::LoadInputs inputs_;
  config::LoadResult loaded_;
  World world_;
};

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_CONTEXT_H_
