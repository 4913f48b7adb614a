// run/daemon.json: the runtime that holds the instance lock, as it described itself. Only that
// runtime writes or removes it; everybody may read it, and nobody believes it without checking
// identity and lock.
#ifndef HOLON_RUNTIME_STATE_DAEMON_RECORD_H_
#define HOLON_RUNTIME_STATE_DAEMON_RECORD_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holon/state/v1/records.pb.h"
#include "holon/v1/config.pb.h"
#include "runtime/base/process.h"

namespace holon::state {

// The format of the record that this code writes. 0: written before records had one.
inline constexpr int kRecordFormat = 1;

// FAILED_PRECONDITION: a later version wrote it. Such a home is neither used nor cleaned up.
absl::Status CheckFormat(const v1::DaemonRecord& record);

// NOT_FOUND; DATA_LOSS: damaged, or it lacks the identity. Any other error: it cannot be read.
absl::StatusOr<v1::DaemonRecord> ReadDaemonRecord(const std::string& path);

absl::Status WriteDaemonRecord(const std::string& path, const v1::DaemonRecord& record);

base::ProcessIdentity FromRecord(const v1::ProcessIdentity& identity);
v1::ProcessIdentity ToRecord(const base::ProcessIdentity& identity);

std::vector<holon::v1::ConfigOverride> OverridesFrom(const v1::DaemonRecord& record);
void SetOverrides(const std::vector<holon::v1::ConfigOverride>& overrides,
                  v1::DaemonRecord* record);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_DAEMON_RECORD_H_
