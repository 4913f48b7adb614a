#ifndef HOLON_RUNTIME_DAEMON_RELOADER_H_
#define HOLON_RUNTIME_DAEMON_RELOADER_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/control/runtime_model.h"
#include "runtime/daemon/audit.h"
#include "runtime/daemon/live_config.h"
#include "runtime/daemon/process_logger.h"

namespace holon::daemon {

// Carries a reload out: configuration, log, audit, model and record. Waits for the disk; for the
// worker's thread.
class Reloader {
 public:
  // `write_record` replaces the record by one of the present configuration.
  Reloader(LiveConfig& config, control::RuntimeModel& model, ProcessLogger& logger, Audit& audit,
           std::function<absl::Status()> write_record)
      : config_(config),
        model_(model),
        logger_(logger),
        audit_(audit),
        write_record_(std::move(write_record)) {}

  // INVALID_ARGUMENT: nothing has changed. FAILED_PRECONDITION: the runtime drains. `seen`: as
  // control::ShutdownOrder::seen.
  grpc::Status Reload(const v1::ReloadRequest& request, const std::string& seen,
                      v1::ReloadResponse* response);

 private:
  LiveConfig& config_;
  control::RuntimeModel& model_;
  ProcessLogger& logger_;
  Audit& audit_;
  const std::function<absl::Status()> write_record_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_RELOADER_H_
