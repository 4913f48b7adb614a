#include "ctl/commands/context.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ctl/commands/invocation.h"
#include "ctl/render/config_view.h"
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

// Calls `fill` with the message as what it is.
template <typename... Views, typename Fill>
void FillAs(google::protobuf::Message* message, Fill fill) {
  auto as = [&](auto* view) {
    if (view != nullptr) fill(view);
  };
  (as(dynamic_cast<Views*>(message)), ...);
}

// The document of a command, with nothing in it: failures have the shape of successes.
std::unique_ptr<google::protobuf::Message> EmptyDocument(const Options& options) {
  switch (options.command) {
    case Command::kStart:
    case Command::kStop:
    case Command::kRestart:
    case Command::kEnsure:
    case Command::kReload:
    case Command::kCleanup: {
      auto view = std::make_unique<v1::LifecycleView>();
      view->set_command(options.command_name);
      view->set_action("failed");
      view->mutable_status();
      return view;
    }
    case Command::kStatus:
    case Command::kWait:
      return std::make_unique<v1::StatusView>();
    case Command::kDiff:
      return std::make_unique<v1::DiffView>();
    case Command::kConfigShow:
    case Command::kConfigGet:
    case Command::kConfigSet:
    case Command::kConfigUnset:
    case Command::kConfigList:
    case Command::kConfigValidate:
    case Command::kConfigFingerprint:
    case Command::kConfigPath:
      return std::make_unique<v1::ConfigView>();
    case Command::kLogs:
      if (options.audit) return std::make_unique<v1::AuditLineView>();
      return std::make_unique<v1::LogLineView>();
    case Command::kFailures:
      return std::make_unique<v1::FailuresView>();
    case Command::kDoctor:
      return std::make_unique<v1::DoctorView>();
    case Command::kList:
      return std::make_unique<v1::ListView>();
    case Command::kVersion:
      return std::make_unique<v1::VersionView>();
    case Command::kRun:
    case Command::kCompletion:
      break;
  }
  return std::make_unique<v1::ErrorDocument>();
}

bool OnlyLooks(Command command) {
  switch (command) {
    case Command::kDiff:
    case Command::kConfigShow:
    case Command::kConfigGet:
    case Command::kConfigValidate:
    case Command::kConfigFingerprint:
      return true;
    default:
      return false;
  }
}

// An invalid configuration must not keep anybody from finding the runtime: each field without a
// fault is right nevertheless.
std::string SocketPath(const config::LoadInputs& inputs, const config::LoadResult& loaded) {
  const auto& faults = loaded.faults;
  if (std::none_of(faults.begin(), faults.end(),
                   [](const config::Fault& fault) { return fault.path == "socket_path"; })) {
    return loaded.configuration.values.socket_path();
  }
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
    PrintFailure(document);
  } else {
    console_.Error(message, next);
  }
  return code;
}

void Context::PrintFailure(const v1::ErrorDocument& failure) {
  const std::unique_ptr<google::protobuf::Message> document = EmptyDocument(options_);
  auto* lifecycle = dynamic_cast<v1::LifecycleView*>(document.get());
  // Fields of one name are of one type.
  auto fill = [&](auto* view) {
    view->set_ok(failure.ok());
    *view->mutable_error() = failure.error();
    *view->mutable_faults() = failure.faults();
    *view->mutable_next_command() = failure.next_command();
    if (failure.has_advice()) view->set_advice(failure.advice());
  };
  if (lifecycle != nullptr) {
    fill(lifecycle->mutable_status());
    lifecycle->mutable_status()->set_message(failure.error().message());
  }
  FillAs<v1::StatusView, v1::DiffView, v1::ConfigView, v1::LogLineView, v1::AuditLineView,
         v1::FailuresView, v1::DoctorView, v1::ListView, v1::VersionView, v1::ErrorDocument>(
      document.get(), fill);
  console_.Data(ToJsonLine(*document) + "\n");
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

base::ExitCode Context::FailNoAnswer(const probe::Sighting& sighting) {
  const base::ExitCode code = probe::StatusExitCode(sighting.verdict);
  const bool nobody = code != base::ExitCode::kUnknown;
  return Fail(nobody ? base::ExitCode::kNotRunning : code, nobody ? "NOT_RUNNING" : "NO_ANSWER",
              absl::StrCat("there is no runtime to ask: ", Status(sighting).message()),
              Next(sighting));
}

base::ExitCode Context::FailFaults(const std::vector<config::Fault>& faults) {
  // Nothing can be read below a home that is none.
  absl::Status home = state::CheckHome(world_.paths, state::HomeUse::kLook);
  if (!home.ok()) return FailHome(home);
  const absl::Status summary = config::Summary(faults);
  const bool edits =
      options_.command == Command::kConfigSet || options_.command == Command::kConfigUnset;
  std::string message(edits && absl::IsInvalidArgument(summary) ? "the edit is refused"
                                                                : summary.message());
  if (!OnlyLooks(options_.command)) message += "; nothing was changed";
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
      *view->mutable_origin_parts() = ToView(fault.origin);
      view->set_message(fault.message);
    }
    PrintFailure(document);
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
