// What a dying process can still say: to stderr, which is the log, and to run/crash.log, where the
// next one to look finds it (state/vanished.h). One report a process; the state behind it is
// global, because that is all a signal handler has.
#ifndef HOLON_RUNTIME_DAEMON_CRASH_REPORT_H_
#define HOLON_RUNTIME_DAEMON_CRASH_REPORT_H_

#include <string>

namespace holon::daemon {

// From now on SIGSEGV, SIGABRT and their like leave the signal's name and a symbolised stack before
// they end the process as they would have. `program` is argv[0]. Before there is a second thread.
void InstallCrashHandler(const char* program);

// Where the report goes besides stderr, and whose it is. `path` is seen from `directory`, which
// stays open: it may be moved. Costs nothing until it is needed.
void NameCrashReport(int directory, const std::string& path, const std::string& instance_id);

// A report of one line, for a process that ends itself while it drains. Async-signal-safe: takes no
// lock and allocates nothing.
void ReportHungDrain(const char* line);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_CRASH_REPORT_H_
