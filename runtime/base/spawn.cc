#include "runtime/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/signals.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/unique_fd.h"
#include "runtime/base/wait.h"

namespace holon::base {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::string ExitStatusText(const ExitStatus& status) {
  if (!status.signaled) return absl::StrCat("exit status ", status.code);
  return absl::StrCat("signal ", status.code, " (", SignalName(status.code), ")");
}

std::optional<ExitStatus> Child::Reap() {
  if (ended_.has_value()) return ended_;
  siginfo_t info = {};
  if (waitid(P_PID, static_cast<id_t>(identity().pid), &info, WEXITED | WNOHANG) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  ended_ = ExitStatus{info.si_code != CLD_EXITED, info.si_status};
  return ended_;
}

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  std::vector<std::string> places;
  if (absl::StrContains(name, '/')) {
    places.push_back(name);
  } else {
    const char* path = getenv("PATH");
    for (absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
      places.push_back(JoinPath(folder.empty() ? "." : folder, name));
    }
  }
  bool there = false;
  for (const std::string& place : places) {
    absl::StatusOr<FileInfo> info = LookThrough(place);
    if (!info.ok() || info->type == FileType::kAbsent) continue;
    if (info->type == FileType::kRegular && access(place.c_str(), X_OK) == 0) return place;
    there = true;
  }
  if (there)
    return absl::PermissionDeniedError(absl::StrCat(name, " is not an executable program"));
  return absl::NotFoundError(absl::StrCat(name, ": there is no such program"));
}

absl::StatusOr<Child> Spawn(const SpawnOptions& options) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  absl::Cleanup destroy = [&] {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  };
  if (!options.in_callers_place) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    for (int fd : {1, 2}) {
      if (options.output_fd >= 0) {
        posix_spawn_file_actions_adddup2(&actions, options.output_fd, fd);
      } else {
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
      }
    }
  }
  if (!options.working_directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.working_directory.c_str());
  }
  // A program in the caller's place has the caller's descriptors; ours close themselves.
  if (!options.in_callers_place) posix_spawn_file_actions_addclosefrom_np(&actions, 3);

  sigset_t defaults;
  sigset_t none;
  sigfillset(&defaults);
  sigemptyset(&none);
  if (options.in_callers_place) {
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);  // SignalFd ignores it, whatever the caller did.
  }
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  if (!options.in_callers_place) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setflags(&attributes, flags);

  std::vector<std::string> arguments = {options.program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  pid_t pid = 0;
  int error = posix_spawn(&pid, options.program.c_str(), &actions, &attributes,
                          Pointers(arguments).data(), Pointers(options.environment).data());
  if (error != 0) {
    return absl::ErrnoToStatus(error, absl::StrCat("cannot run ", options.program));
  }
  // An unreaped child keeps its pid, so this names it even if it has ended already.
  absl::StatusOr<ProcessHandle> handle = ProcessHandle::OpenChild(pid);
  if (handle.ok()) return Child(*std::move(handle));
  // Without a handle nobody could ever end it. Its pid is its own until it is reaped.
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
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
  while (!child.Reap().has_value()) {
    if (!WaitReadable({child.fd()}, deadline.Remaining()).has_value()) {
      (void)child.handle().Signal(SIGKILL);
      (void)WaitReadable({child.fd()}, absl::InfiniteDuration());
      (void)child.Reap();
      return absl::DeadlineExceededError(absl::StrCat(program, " did not end in time"));
    }
  }
  // It has ended, and a pipe holds what it has printed.
  char buffer[4096];
  ssize_t got;
  while (output.size() < kMaxOutput && (got = read(reader.get(), buffer, sizeof buffer)) > 0) {
    output.append(buffer, static_cast<size_t>(got));
  }
  const ExitStatus ended = *child.Reap();
  if (!ended.signaled && ended.code == 0) return output;
  return absl::FailedPreconditionError(absl::StrCat(program, ": ", ExitStatusText(ended)));
}

}  // namespace holon::base
