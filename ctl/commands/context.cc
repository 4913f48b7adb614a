#include "ctl/commands/context.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ctl/commands/invocation.h"
#include "ctl/render/json_view.h"
#include "runtime/base/file.h"
#include "runtime/config/environment.h"
#include "runtime/config/fingerprint.h"
#include "runtime/state/failures.h"
#include "runtime/state/vanished.h"

namespace holon::ctl {
namespace {

absl::StatusOr<config::LoadInputs> GivenInputs(const Options& options) {
  return config::MakeInputs({options.home, options.config_file, options.socket, options.sets},
                            config::ReadEnvironment(), base::WorkingDirectory().value_or(""));
}

// An invalid configuration must not keep anybody from finding the runtime.
std::string SocketPath(const config::LoadInputs& inputs, const config::LoadResult& loaded) {
  if (loaded.faults.empty()) return loaded.configuration.values.socket_path();
  if (!inputs.socket.empty()) return base::CanonicalPath(inputs.socket, inputs.working_directory);
  return state::HomePaths(inputs.home).default_socket;
}

}  // namespace

Context::Context(const Options& options, std::string self, base::Clock& clock,
                 base::SignalFd& interrupts, const base::CallersWorld& callers)
    : options_(options),
      callers_(callers),
      console_(options.color, options.quiet || options.json),
      given_(GivenInputs(options)),
      inputs_(given_.value_or(config::LoadInputs())),
      loaded_(config::Load(inputs_)),
      world_{state::HomePaths(inputs_.home),
             SocketPath(inputs_, loaded_),
             clock,
             interrupts,
             console_,
             std::move(self),
             options.timeout.value_or(absl::Minutes(1)),
             MakeInvocation(options, inputs_.home)} {}

std::optional<OwnConfig> Context::Describe(const config::LoadResult& loaded) const {
  if (!loaded.faults.empty()) return std::nullopt;
  absl::StatusOr<config::FingerprintKey> key = config::ReadFingerprintKey(inputs_.home);
  OwnConfig own;
  own.values = config::Describe(loaded.configuration, key.value_or(""));
  own.home = inputs_.home;
  if (!key.ok()) {
    for (const holon::v1::ConfigValue& value : own.values) {
      if (value.value() == "<set>") return std::nullopt;
    }
  }
  own.fingerprint = config::Fingerprint(own.values);
  return own;
}

v1::StatusView Context::Status(const probe::Sighting& sighting) const {
  StatusInputs inputs;
  inputs.sighting = &sighting;
  inputs.home = inputs_.home;
  inputs.own = Describe(loaded_);
  inputs.warnings = loaded_.warnings;
  inputs.call = world_.call;
  inputs.valid = loaded_.faults.empty();
  for (const config::Fault& fault : loaded_.faults) {
    inputs.warnings.push_back(absl::StrCat("invalid configuration: ", config::FaultText(fault)));
  }
  absl::StatusOr<state::v1::FailureHistory> failures = state::ReadFailures(world_.paths.failures);
  if (failures.ok()) {
    inputs.failures = *std::move(failures);
  } else if (absl::IsDataLoss(failures.status())) {
    inputs.warnings.push_back(std::string(failures.status().message()));
  }
  if (sighting.verdict == probe::Verdict::kStale) {
    inputs.failures =
        state::WithVanished(std::move(inputs.failures), state::FindVanished(world_.paths));
  }
  return MakeStatusView(inputs);
}

base::ExitCode Context::Fail(base::ExitCode code, const std::string& reason,
                             const std::string& message, const NextStep& next) {
  if (options_.json) {
    v1::ErrorDocument document;
    document.set_ok(false);
    document.mutable_error()->set_reason(reason);
    document.mutable_error()->set_message(message);
    SetNext(next, &document);
    console_.Data(ToJsonLine(document) + "\n");
  } else {
    console_.Error(message, next);
  }
  return code;
}

base::ExitCode Context::FailFor(const absl::Status& status, const std::string& reason) {
  return Fail(base::ExitCodeFor(status),
              absl::IsPermissionDenied(status) ? "PERMISSION_DENIED"
              : absl::IsCancelled(status)      ? "INTERRUPTED"
                                               : reason,
              std::string(status.message()));
}

base::ExitCode Context::FailHome(const absl::Status& status) {
  return FailFor(status, "HOME_UNUSABLE");
}

base::ExitCode Context::FailFaults(const std::vector<config::Fault>& faults) {
  const absl::Status summary = config::Summary(faults);
  const std::string message = absl::StrCat(summary.message(), "; nothing was changed");
  // Its file, variable or option is named by each fault.
  const NextStep next =
      OnlyAdvice(absl::IsInvalidArgument(summary) ? "correct it" : "make it readable");
  if (options_.json) {
    v1::ErrorDocument document;
    document.set_ok(false);
    document.mutable_error()->set_reason(absl::IsInvalidArgument(summary)    ? "INVALID_CONFIG"
                                         : absl::IsPermissionDenied(summary) ? "PERMISSION_DENIED"
                                                                             : "CONFIG_UNREADABLE");
    document.mutable_error()->set_message(message);
    SetNext(next, &document);
    for (const config::Fault& fault : faults) {
      v1::FaultView* view = document.add_faults();
      if (!fault.path.empty()) view->set_path(fault.path);
      view->set_origin(config::OriginText(fault.origin));
      view->set_message(fault.message);
    }
    console_.Data(ToJsonLine(document) + "\n");
  } else {
    std::string text = message;
    for (const config::Fault& fault : faults) {
      absl::StrAppend(&text, "\n  ", config::FaultText(fault));
    }
    console_.Error(text, next);
  }
  return base::ExitCodeFor(summary);
}

}  // namespace holon::ctl
