#include "runtime/daemon/crash_report.h"

#include <limits.h>
#include <string.h>
#include <unwind.h>

#include "absl/debugging/failure_signal_handler.h"
#include "absl/debugging/stacktrace.h"
#include "absl/debugging/symbolize.h"
#include "runtime/base/signal_safe.h"
#include "runtime/state/failures.h"

namespace holon::daemon {
namespace {

// A sanitizer has a better handler of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

int report_directory = -1;
char report_path[PATH_MAX];
char report_generation[64];

// Begins the report with the first piece and goes on with the next ones; null, the end, says
// nothing.
void Write(const char* phase, const char* text) {
  static int report = -1;
  static bool begun = false;
  if (text == nullptr) return;
  if (!begun && report_path[0] != 0) {
    report = base::CreateRaw(report_directory, report_path);
    base::WriteRaw(report, "generation ");
    base::WriteRaw(report, report_generation);
    base::WriteRaw(report, "\nphase ");
    base::WriteRaw(report, phase);
    base::WriteRaw(report, "\n");
  }
  begun = true;
  base::WriteRaw(report, text);
  base::WriteRaw(2, text);
}

struct Frames {
  void** addresses;
  int room;
  int skip;
  int found;
};

_Unwind_Reason_Code Take(_Unwind_Context* context, void* argument) {
  auto* frames = static_cast<Frames*>(argument);
  if (frames->skip-- > 0) return _URC_NO_REASON;
  if (frames->found == frames->room) return _URC_END_OF_STACK;
  frames->addresses[frames->found++] = reinterpret_cast<void*>(_Unwind_GetIP(context));
  return _URC_NO_REASON;
}

// Abseil's own unwinder needs frame pointers, which neither Debian's libraries nor we keep.
int Unwind(void** addresses, int* sizes, int depth, int skip, const void*, int* dropped) {
  Frames frames{addresses, depth, skip + 1, 0};
  _Unwind_Backtrace(Take, &frames);
  if (sizes != nullptr) memset(sizes, 0, static_cast<size_t>(frames.found) * sizeof *sizes);
  if (dropped != nullptr) *dropped = 0;
  return frames.found;
}

void WriteStack(const char* text) { Write(state::kRuntimeFailure, text); }

}  // namespace

void InstallCrashHandler(const char* program) {
  absl::InitializeSymbolizer(program);
  if (kSanitized) return;
  absl::SetStackUnwinder(Unwind);
  absl::FailureSignalHandlerOptions options;
  options.writerfn = WriteStack;
  absl::InstallFailureSignalHandler(options);
}

void NameCrashReport(int directory, const std::string& path, const std::string& instance_id) {
  if (path.size() >= sizeof report_path || instance_id.size() >= sizeof report_generation) return;
  report_directory = directory;
  memcpy(report_generation, instance_id.c_str(), instance_id.size() + 1);
  memcpy(report_path, path.c_str(), path.size() + 1);
}

void ReportHungDrain(const char* line) { Write(state::kShutdownFailure, line); }

}  // namespace holon::daemon
