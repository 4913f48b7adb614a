#ifndef HOLON_RUNTIME_DAEMON_GRPC_LOG_H_
#define HOLON_RUNTIME_DAEMON_GRPC_LOG_H_

#include "runtime/base/clock.h"
#include "runtime/base/logger.h"

namespace holon::daemon {

// Takes gRPC's own log lines into `logger`, which watches the size of the log, while this object
// lives. Only errors: cut to a bounded length, and counted instead of repeated, because peers can
// cause them with bad requests. Of a process there is one; a main makes it, before gRPC is used.
class GrpcLog {
 public:
  GrpcLog(base::Logger& logger, base::Clock& clock);
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_GRPC_LOG_H_
