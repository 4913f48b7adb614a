#include "runtime/daemon/grpc_log.h"

#include <string>

#include "absl/base/attributes.h"
#include "absl/base/const_init.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpc/support/log.h"
#include "runtime/base/counted_log.h"
#include "runtime/base/file.h"

namespace holon::daemon {
namespace {

constexpr size_t kMostBytes = 512;

// gRPC's log function takes no argument of ours.
ABSL_CONST_INIT absl::Mutex mutex(absl::kConstInit);
base::CountedLog* lines ABSL_GUARDED_BY(mutex) = nullptr;
base::Clock* clock ABSL_GUARDED_BY(mutex) = nullptr;

void Write(gpr_log_func_args* line) {
  const std::string source = absl::StrCat(base::NameOf(line->file), ":", line->line);
  const std::string text = std::string(line->message).substr(0, kMostBytes);
  absl::MutexLock lock(&mutex);
  if (lines == nullptr) return;
  const absl::Duration now = clock->Uptime();
  lines->WriteCounts(now);
  lines->Warning(now, absl::StrCat("gRPC error at ", source), {{"text", text}});
}

}  // namespace

GrpcLog::GrpcLog(base::Logger& logger, base::Clock& uptime) {
  {
    absl::MutexLock lock(&mutex);
    lines = new base::CountedLog(logger);
    clock = &uptime;
  }
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function(Write);
}

GrpcLog::~GrpcLog() {
  gpr_set_log_function(nullptr);
  absl::MutexLock lock(&mutex);
  lines->WriteCounts(absl::InfiniteDuration());
  delete lines;
  lines = nullptr;
}

}  // namespace holon::daemon
