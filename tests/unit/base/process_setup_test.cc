#include "runtime/base/process_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "runtime/base/file.h"
#include "runtime/base/spawn.h"
#include "runtime/base/wait.h"
#include "tests/unit/base/scratch.h"

namespace holon::base {
namespace {

using testing::ElementsAre;

// Runs `body` in a process of its own, which may be spoiled; whether it says that all is well.
bool HoldsInChild(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool IsBlocked(int number) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, number) == 1;
}

void Block(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

struct HandlerCase {
  int signal;
  bool runtime_ignores;
  bool command_line_ignores;
};

// What a process does with a signal that its caller ignored or not.
TEST(ProcessSetupTest, TableOfSignals) {
  for (const HandlerCase& row : {HandlerCase{SIGCHLD, false, false},
                                 {SIGPIPE, true, true},
                                 {SIGXFSZ, true, true},
                                 {SIGUSR1, true, false},
                                 {SIGUSR2, true, false}}) {
    for (auto before : {SIG_DFL, SIG_IGN}) {
      for (ProcessKind kind : {ProcessKind::kRuntime, ProcessKind::kCommandLine}) {
        SCOPED_TRACE(absl::StrCat("signal ", row.signal));
        EXPECT_TRUE(HoldsInChild([&] {
          signal(row.signal, before);
          CallersWorld callers = SetUpProcess(kind, {});
          struct sigaction now = {};
          sigaction(row.signal, nullptr, &now);
          const bool ignores =
              kind == ProcessKind::kRuntime ? row.runtime_ignores : row.command_line_ignores;
          // The command line leaves alone what it has no opinion of.
          const bool untouched = kind == ProcessKind::kCommandLine && !row.command_line_ignores &&
                                 row.signal != SIGCHLD;
          return (sigismember(&callers.ignored, row.signal) == 1) == (before == SIG_IGN) &&
                 (now.sa_handler == SIG_IGN) == (untouched ? before == SIG_IGN : ignores);
        }));
      }
    }
  }
}

TEST(ProcessSetupTest, MaskUmaskAndVariablesArePutRightAndRemembered) {
  for (ProcessKind kind : {ProcessKind::kRuntime, ProcessKind::kCommandLine}) {
    EXPECT_TRUE(HoldsInChild([&] {
      Block(SIGTERM);
      umask(0722);
      setenv("GRPC_POLL_STRATEGY", "epollex", 1);
      setenv("GRPC_TRACE", "all", 1);
      setenv("KEPT", "1", 1);
      CallersWorld callers = SetUpProcess(kind, {1});
      const mode_t now = umask(0);
      return !IsBlocked(SIGTERM) && sigismember(&callers.blocked, SIGTERM) == 1 &&
             callers.umask == 0722 && now == (kind == ProcessKind::kRuntime ? 077u : 022u) &&
             getenv("GRPC_POLL_STRATEGY") == nullptr && getenv("GRPC_TRACE") == nullptr &&
             getenv("KEPT") != nullptr && callers.closed_stdio == std::vector<int>{1} &&
             std::count(callers.environment.begin(), callers.environment.end(),
                        "GRPC_POLL_STRATEGY=epollex") == 1;
    }));
  }
}

TEST(ProcessSetupTest, AWriteOverTheSizeLimitIsAnErrorAndNotTheEnd) {
  EXPECT_TRUE(HoldsInChild([] {
    (void)SetUpProcess(ProcessKind::kRuntime, {});
    char name[] = "/tmp/holon-setup-XXXXXX";
    const int fd = mkstemp(name);
    unlink(name);
    rlimit none = {0, 0};
    setrlimit(RLIMIT_FSIZE, &none);
    return write(fd, "x", 1) == -1 && errno == EFBIG;
  }));
}

TEST(ProcessSetupTest, ClosedStandardDescriptorsLeadToNowhere) {
  EXPECT_TRUE(HoldsInChild([] {
    close(0);
    close(2);
    const std::vector<int> filled = FillStandardDescriptors();
    struct stat null_device, one, two;
    return filled == std::vector<int>{0, 2} && stat("/dev/null", &null_device) == 0 &&
           fstat(0, &one) == 0 && fstat(2, &two) == 0 && one.st_rdev == null_device.st_rdev &&
           two.st_rdev == null_device.st_rdev;
  }));
}

TEST(RuntimeEnvironmentTest, HasOneNotifySocketAndNothingThatIsMeantForAnother) {
  EXPECT_THAT(
      RuntimeEnvironment({"A=1", "NOTIFY_SOCKET=/outer", "WATCHDOG_USEC=1", "WATCHDOG_PID=2",
                          "LISTEN_FDS=1", "LISTEN_PID=3", "LISTEN_FDNAMES=x", "GRPC_TRACE=all",
                          "NOTIFY=kept", "NOTIFY_SOCKET=/second"},
                         "/own"),
      ElementsAre("A=1", "NOTIFY=kept", "NOTIFY_SOCKET=/own"));
  EXPECT_THAT(WithVariable({"A=1", "AB=2", "A=3"}, "A", "4"), ElementsAre("AB=2", "A=4"));
}

// What a child gets, in the caller's place and in a session of its own.
class ChildWorldTest : public ScratchTest {
 protected:
  // What a script prints in a process that has been set up, as a child of it.
  std::string Say(bool in_callers_place, const std::string& script) {
    const std::string path = In("said");
    EXPECT_TRUE(HoldsInChild([&] {
      for (int number : {SIGCHLD, SIGUSR1}) signal(number, SIG_IGN);
      for (int number : {SIGPIPE, SIGXFSZ, SIGUSR2}) signal(number, SIG_DFL);
      Block(SIGUSR2);
      umask(0027);
      rlimit files;
      getrlimit(RLIMIT_NOFILE, &files);
      files.rlim_cur = 100;
      setrlimit(RLIMIT_NOFILE, &files);
      const int inherited = open("/dev/null", O_RDONLY);
      (void)inherited;
      const CallersWorld callers = SetUpProcess(ProcessKind::kRuntime, {});
      files.rlim_cur = files.rlim_max;
      setrlimit(RLIMIT_NOFILE, &files);
      SpawnOptions options;
      options.program = "/bin/sh";
      options.arguments = {"-c", absl::StrCat("{ ", script, "; } > ", path, "; exit 7")};
      options.environment = {"PATH=/usr/bin:/bin"};
      options.callers = in_callers_place ? &callers : nullptr;
      options.open_files = callers.open_files;
      absl::StatusOr<Child> child = Spawn(options);
      if (!child.ok()) return false;
      WaitReadable({child->fd()}, absl::InfiniteDuration());
      std::optional<ExitStatus> ended = child->Reap();
      return ended.has_value() && !ended->unknown && ended->code == 7;
    }));
    return ReadFile(path, 65536).value_or("");
  }

  // Of a line like "SigIgn:\t0000000000010000".
  static uint64_t Mask(const std::string& hex) { return strtoull(hex.c_str(), nullptr, 16); }
  static uint64_t Bit(int number) { return uint64_t{1} << (number - 1); }
};

TEST_F(ChildWorldTest, Table) {
  for (bool in_place : {true, false}) {
    SCOPED_TRACE(in_place ? "in the caller's place" : "in a session of its own");
    // SIGCHLD is not looked at: the shell has a handler for it.
    const uint64_t ignored = Mask(Say(in_place, "sed -n 's/^SigIgn:\t//p' /proc/self/status"));
    const uint64_t ours = Bit(SIGUSR1) | Bit(SIGPIPE) | Bit(SIGXFSZ) | Bit(SIGUSR2);
    EXPECT_EQ(ignored & ours, in_place ? Bit(SIGUSR1) : 0);
    EXPECT_EQ(Say(in_place, "umask"), in_place ? "0027\n" : "0077\n");
    EXPECT_EQ(Say(in_place, "ulimit -n"), "100\n");
  }
}

}  // namespace
}  // namespace holon::base
