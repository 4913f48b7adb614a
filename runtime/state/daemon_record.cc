#include "runtime/state/daemon_record.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/json_file.h"

namespace holon::state {
namespace {

constexpr char kEnvironment[] = "environment";
constexpr char kFlag[] = "flag";

// What the writer may write the reader takes. The boot is not known where /proc/sys is hidden.
absl::Status Validate(const std::string& path, const v1::DaemonRecord& record) {
  if (record.identity().pid() > 0 && !record.instance_id().empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path, " does not say which process it is about"));
}

}  // namespace

absl::Status CheckFormat(const v1::DaemonRecord& record) {
  if (record.format() <= kRecordFormat) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(record.home_dir(), " was used last by version ",
                                                    record.version(), ", whose record (format ",
                                                    record.format(), ") this version does not know",
                                                    "; use it with that version or a later one"));
}

absl::StatusOr<v1::DaemonRecord> ReadDaemonRecord(const std::string& path) {
  v1::DaemonRecord record;
  HOLON_RETURN_IF_ERROR(ReadJsonFile(path, &record));
  HOLON_RETURN_IF_ERROR(Validate(path, record));
  return record;
}

absl::Status WriteDaemonRecord(const std::string& path, const v1::DaemonRecord& record) {
  HOLON_RETURN_IF_ERROR(Validate(path, record));
  // It names a process of this boot: what a power failure takes would be stale anyway.
  return WriteJsonFile(path, record, base::Durability::kWhole);
}

base::ProcessIdentity FromRecord(const v1::ProcessIdentity& identity) {
  return {identity.pid(), identity.start_time_ticks(), identity.boot_id(),
          identity.pid_namespace()};
}

v1::ProcessIdentity ToRecord(const base::ProcessIdentity& identity) {
  v1::ProcessIdentity record;
  record.set_pid(identity.pid);
  record.set_start_time_ticks(identity.start_time_ticks);
  record.set_boot_id(identity.boot_id);
  record.set_pid_namespace(identity.pid_namespace);
  return record;
}

std::vector<holon::v1::ConfigOverride> OverridesFrom(const v1::DaemonRecord& record) {
  std::vector<holon::v1::ConfigOverride> overrides;
  for (const v1::RecordedOverride& recorded : record.overrides()) {
    holon::v1::ConfigOverride& override = overrides.emplace_back();
    override.set_path(recorded.path());
    override.set_value(recorded.value());
    override.mutable_origin()->set_source(
        recorded.source() == kEnvironment ? holon::v1::SOURCE_ENVIRONMENT : holon::v1::SOURCE_FLAG);
    override.mutable_origin()->set_location(recorded.location());
    override.set_secret_withheld(recorded.secret_withheld());
  }
  return overrides;
}

void SetOverrides(const std::vector<holon::v1::ConfigOverride>& overrides,
                  v1::DaemonRecord* record) {
  record->clear_overrides();
  for (const holon::v1::ConfigOverride& override : overrides) {
    v1::RecordedOverride* recorded = record->add_overrides();
    recorded->set_path(override.path());
    if (!override.secret_withheld()) recorded->set_value(override.value());
    recorded->set_source(override.origin().source() == holon::v1::SOURCE_ENVIRONMENT ? kEnvironment
                                                                                     : kFlag);
    recorded->set_location(override.origin().location());
    recorded->set_secret_withheld(override.secret_withheld());
  }
}

}  // namespace holon::state
