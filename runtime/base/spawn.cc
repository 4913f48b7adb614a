#include "runtime/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "runtime/base/child_start.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/signals.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/wait.h"

namespace holon::base {
namespace {

// How long the end of a child may be kept from us by a debugger that waits for it as well.
constexpr int kTracedTries = 100;
constexpr absl::Duration kTracedPause = absl::Milliseconds(10);
// What a program that was killed may take to end.
constexpr absl::Duration kKillTime = absl::Seconds(5);

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Why what stands at `path` cannot be executed.
std::string WhyNotExecutable(const std::string& path, const FileInfo& info) {
  struct statvfs mount;
  if (info.type != FileType::kRegular) return absl::StrCat(path, " is not a file");
  if ((info.mode & 0111) == 0) {
    return absl::StrFormat("%s is not executable (mode %04o)", path, info.mode);
  }
  if (statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) {
    return absl::StrCat(path, " is on a file system that is mounted noexec");
  }
  return absl::StrCat(path, " may not be executed by uid ", geteuid());
}

absl::Status StartError(const SpawnOptions& options, const ChildFailure& failure) {
  const std::string what = absl::StrCat("cannot run ", options.program);
  switch (failure.step) {
    case ChildStep::kClone:
      break;
    case ChildStep::kNullDevice:
      return absl::ErrnoToStatus(failure.error, absl::StrCat(what, ": /dev/null cannot be opened"));
    case ChildStep::kDirectory:
      return absl::ErrnoToStatus(
          failure.error, absl::StrCat(what, " in the directory ", options.working_directory));
    case ChildStep::kProgram: {
      if (failure.error == ENOEXEC) {
        return absl::FailedPreconditionError(
            absl::StrCat(what,
                         ": it is no program of this machine (it is damaged or empty, or lacks "
                         "its #! line)"));
      }
      absl::StatusOr<FileInfo> info = LookThrough(options.program);
      const bool there = info.ok() && info->type != FileType::kAbsent;
      if (failure.error == ENOENT && there) {
        return absl::NotFoundError(absl::StrCat(what, ": its interpreter is missing"));
      }
      if (failure.error == EACCES && there) {
        return absl::PermissionDeniedError(
            absl::StrCat("cannot run it: ", WhyNotExecutable(options.program, *info)));
      }
      break;
    }
  }
  return absl::ErrnoToStatus(failure.error, what);
}

}  // namespace

std::string ExitStatusText(const ExitStatus& status) {
  if (status.unknown) return "unknown";
  if (!status.signaled) return absl::StrCat("exit status ", status.code);
  return absl::StrCat("signal ", status.code, " (", SignalName(status.code), ")");
}

std::optional<ExitStatus> Child::Reap() {
  for (int tries = 0; !ended_.has_value(); ++tries) {
    // Before the question, so that its "not yet" is not of a moment before the end.
    const bool exited = handle_.Exited();
    siginfo_t info = {};
    const int result = waitid(P_PIDFD, static_cast<id_t>(fd()), &info, WEXITED | WNOHANG);
    if (result == 0 && info.si_pid != 0) {
      ended_ = ExitStatus{info.si_code != CLD_EXITED, info.si_status};
    } else if (!exited) {
      return std::nullopt;
    } else if (result != 0 || tries == kTracedTries) {
      ended_ = ExitStatus{.unknown = true};
    } else {
      absl::SleepFor(kTracedPause);
    }
  }
  return ended_;
}

std::vector<ProcessHandle> Child::Session() const {
  std::vector<ProcessHandle> members;
  for (const std::string& name : ListDirectory("/proc").value_or(std::vector<std::string>())) {
    int pid;
    if (!absl::SimpleAtoi(name, &pid) || SessionOf(pid) != identity().pid) continue;
    absl::StatusOr<ProcessIdentity> member = IdentityOf(pid);
    if (!member.ok()) continue;
    absl::StatusOr<ProcessHandle> handle = ProcessHandle::Open(*member);
    // The session's number cannot be another's while a member lives; it is asked for again, because
    // the pid may have become another's since.
    if (handle.ok() && !handle->Exited() && SessionOf(pid) == identity().pid) {
      members.push_back(*std::move(handle));
    }
  }
  return members;
}

std::optional<pid_t> SessionOf(pid_t pid) {
  const pid_t session = pid > 0 ? getsid(pid) : -1;
  return session >= 0 ? std::optional<pid_t>(session) : std::nullopt;
}

absl::StatusOr<std::string> FindProgramIn(const std::vector<std::string>& folders,
                                          const std::string& name) {
  std::string why;
  for (const std::string& folder : folders) {
    const std::string place = JoinPath(folder, name);
    absl::StatusOr<FileInfo> info = LookThrough(place);
    if (!info.ok() || info->type == FileType::kAbsent) continue;
    if (info->type == FileType::kRegular && access(place.c_str(), X_OK) == 0) return place;
    if (why.empty()) why = WhyNotExecutable(place, *info);
  }
  if (!why.empty()) return absl::PermissionDeniedError(why);
  return absl::NotFoundError(
      absl::StrCat("cannot find ", name, " in any of ", absl::StrJoin(folders, ", ")));
}

std::vector<std::string> SearchPath() {
  std::vector<std::string> folders;
  const char* path = getenv("PATH");
  for (absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    folders.push_back(folder.empty() ? "." : std::string(folder));
  }
  return folders;
}

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  absl::StatusOr<std::string> found = absl::StrContains(name, '/')
                                          ? FindProgramIn({DirectoryOf(name)}, NameOf(name))
                                          : FindProgramIn(SearchPath(), name);
  if (!absl::IsNotFound(found.status())) return found;
  return absl::NotFoundError(absl::StrCat(name, ": there is no such program"));
}

absl::StatusOr<Child> Spawn(const SpawnOptions& options) {
  std::vector<std::string> arguments = {options.program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  const std::vector<char*> argument_pointers = Pointers(arguments);
  const std::vector<char*> environment_pointers = Pointers(options.environment);
  ChildPlan plan;
  plan.program = options.program.c_str();
  plan.arguments = argument_pointers.data();
  plan.environment = environment_pointers.data();
  if (!options.working_directory.empty()) plan.directory = options.working_directory.c_str();
  plan.own_session = options.callers == nullptr;
  plan.output_fd = options.output_fd;
  sigemptyset(&plan.ignored);
  sigemptyset(&plan.blocked);
  if (const CallersWorld* callers = options.callers) {
    plan.ignored = callers->ignored;
    plan.blocked = callers->blocked;
    plan.umask = callers->umask;
    plan.closed = callers->closed_stdio;
    if (callers->open_files > 0) plan.open_files = callers->open_files;
  }
  if (options.open_files.has_value()) plan.open_files = options.open_files;
  ChildFailure failure;
  const pid_t pid = StartChild(plan, &failure);
  if (failure.error != 0) return StartError(options, failure);
  // An unreaped child keeps its pid, so this names it even if it has ended already.
  absl::StatusOr<ProcessHandle> handle = ProcessHandle::OpenChild(pid);
  if (handle.ok()) return Child(*std::move(handle));
  // Without a handle nobody could ever end it. Its pid is its own until it is reaped; where the
  // kernel reaps children by itself, it may be another's by now.
  if (!IsIgnored(SIGCHLD)) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  return handle.status();
}

absl::StatusOr<std::string> OutputOf(const std::string& program,
                                     const std::vector<std::string>& arguments,
                                     absl::Duration timeout) {
  constexpr size_t kMaxOutput = 65536;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  // What the program leaves behind may hold the other end for ever.
  fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  SpawnOptions options;
  options.program = program;
  options.arguments = arguments;
  for (char** entry = environ; *entry != nullptr; ++entry) options.environment.push_back(*entry);
  options.output_fd = writer.get();
  HOLON_ASSIGN_OR_RETURN(Child child, Spawn(options));
  writer.Reset();
  SystemClock clock;
  const Deadline deadline(clock, timeout);
  std::string output;
  char buffer[4096];
  bool open = true;
  // Reads what has come; what is too much is dropped, so that the program can go on.
  auto drain = [&] {
    ssize_t got = 1;
    for (size_t most = kMaxOutput; open && got > 0 && most > 0; most -= static_cast<size_t>(got)) {
      got = read(reader.get(), buffer, std::min(sizeof buffer, most));
      open = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
      if (got <= 0) break;
      output.append(buffer, std::min(static_cast<size_t>(got), kMaxOutput - output.size()));
    }
  };
  std::optional<ExitStatus> ended;
  while (!(ended = child.Reap()).has_value()) {
    const bool waited =
        WaitReadable({child.fd(), open ? reader.get() : -1}, deadline.Remaining()).has_value();
    drain();
    if (waited && deadline.Remaining() > absl::ZeroDuration()) continue;
    (void)child.handle().SignalGroup(SIGKILL);
    (void)WaitReadable({child.fd()}, kKillTime);
    (void)child.Reap();
    return absl::DeadlineExceededError(absl::StrCat(program, " did not end in time"));
  }
  drain();
  if (!ended->signaled && !ended->unknown && ended->code == 0) return output;
  return absl::FailedPreconditionError(absl::StrCat(program, ": ", ExitStatusText(*ended)));
}

}  // namespace holon::base
