#include "runtime/base/child_start.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

namespace holon::base {
namespace {

constexpr size_t kStackBytes = 256 * 1024;
// The kernel's signal set, whatever the C library's is.
constexpr size_t kSignalSetBytes = 8;

struct Start {
  const ChildPlan& plan;
  ChildFailure* failure;
};

// From here to the end of RunChild everything runs in the child, on the parent's memory: it
// allocates nothing and takes no lock.

void SetSignals(const ChildPlan& plan) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action = {};
    action.sa_handler = sigismember(&plan.ignored, number) == 1 ? SIG_IGN : SIG_DFL;
    (void)sigaction(number, &action, nullptr);
  }
}

void SetLimits(const ChildPlan& plan) {
  if (plan.umask.has_value()) umask(*plan.umask);
  rlimit files;
  if (!plan.open_files.has_value() || getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = *plan.open_files;
  (void)setrlimit(RLIMIT_NOFILE, &files);
}

void CloseFrom(unsigned first) {
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  for (unsigned fd = first; fd < files.rlim_max && fd < 1U << 20; ++fd) close(static_cast<int>(fd));
}

// 0 or errno.
int OwnStdio(int output_fd) {
  const int null_device = open("/dev/null", O_RDWR);
  if (null_device < 0) return errno;
  const int output = output_fd >= 0 ? output_fd : null_device;
  if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ||
      dup2(null_device, STDIN_FILENO) < 0) {
    return errno;
  }
  CloseFrom(STDERR_FILENO + 1);
  return 0;
}

int RunChild(void* argument) {
  const Start& start = *static_cast<Start*>(argument);
  const ChildPlan& plan = start.plan;
  auto fail = [&start](ChildStep step, int error) {
    *start.failure = {error, step};
    return 127;  // clone() ends the child with it.
  };
  SetSignals(plan);
  if (plan.own_session) {
    setsid();
    if (int error = OwnStdio(plan.output_fd); error != 0)
      return fail(ChildStep::kNullDevice, error);
  }
  for (int fd : plan.closed) close(fd);
  if (plan.directory != nullptr && chdir(plan.directory) != 0)
    return fail(ChildStep::kDirectory, errno);
  SetLimits(plan);
  sigprocmask(SIG_SETMASK, &plan.blocked, nullptr);
  execve(plan.program, plan.arguments, plan.environment);
  return fail(ChildStep::kProgram, errno);
}

}  // namespace

pid_t StartChild(const ChildPlan& plan, ChildFailure* failure) {
  *failure = {};
  Start start{plan, failure};
  const auto stack = std::make_unique<char[]>(kStackBytes);
  // No handler of ours may run in the child, on our memory: not even one of the C library's own.
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, kSignalSetBytes);
  const pid_t pid =
      clone(RunChild, stack.get() + kStackBytes, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
  const int error = errno;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, kSignalSetBytes);
  if (pid < 0) *failure = {error, ChildStep::kClone};
  if (pid > 0 && failure->error != 0) waitpid(pid, nullptr, 0);
  return pid;
}

}  // namespace holon::base
