#include "runtime/base/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"

namespace holon::base {
namespace {

// Newer than the C library's headers here; Linux 6.9.
constexpr unsigned kPidfdSignalProcessGroup = 1u << 2;

int PidfdSendSignal(int pidfd, int signal, unsigned flags) {
  return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, flags));
}

std::string BootId() {
  absl::StatusOr<std::string> id = ReadFile("/proc/sys/kernel/random/boot_id", 128);
  return id.ok() ? std::string(absl::StripAsciiWhitespace(*id)) : "";
}

// 0: it cannot be seen.
uint64_t OwnPidNamespace() {
  absl::StatusOr<FileInfo> info = LookThrough("/proc/self/ns/pid");
  return info.ok() ? info->inode : 0;
}

absl::StatusOr<std::string> ReadStatLine(pid_t pid) {
  HOLON_RETURN_IF_ERROR(CheckProc());
  return ReadFile(absl::StrCat("/proc/", pid, "/stat"), 8192);
}

absl::StatusOr<ProcessStat> ParseStat(const std::string& line, pid_t pid) {
  std::optional<ProcessStat> stat = ParseProcessStat(line);
  if (stat.has_value()) return *stat;
  return absl::UnavailableError(absl::StrCat("/proc/", pid, "/stat cannot be read as such"));
}

absl::Status SignalError(int error, pid_t pid, int signal) {
  if (error == ESRCH) return absl::NotFoundError(absl::StrCat("process ", pid, " has ended"));
  return absl::ErrnoToStatus(error,
                             absl::StrCat("cannot send signal ", signal, " to process ", pid));
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(absl::string_view line) {
  size_t bracket = line.rfind(')');
  if (bracket == absl::string_view::npos) return std::nullopt;
  std::vector<absl::string_view> fields =
      absl::StrSplit(line.substr(bracket + 1), absl::ByAnyChar(" \n"), absl::SkipEmpty());
  // The first is field 3; the start time is field 22.
  ProcessStat stat;
  if (fields.size() < 20 || fields[0].size() != 1 || !absl::SimpleAtoi(fields[1], &stat.parent) ||
      !absl::SimpleAtoi(fields[2], &stat.group) || !absl::SimpleAtoi(fields[3], &stat.session) ||
      !absl::SimpleAtoi(fields[19], &stat.start_time_ticks)) {
    return std::nullopt;
  }
  stat.state = fields[0][0];
  return stat;
}

absl::Status CheckProc() {
  char target[16];
  const ssize_t length = readlink("/proc/self", target, sizeof target);
  if (length <= 0) return absl::UnavailableError("/proc shows no processes; is it mounted?");
  pid_t shown;
  if (absl::SimpleAtoi(absl::string_view(target, static_cast<size_t>(length)), &shown) &&
      shown == getpid()) {
    return absl::OkStatus();
  }
  // Its numbers name other processes than ours do.
  return absl::UnavailableError("/proc shows another pid namespace");
}

absl::StatusOr<ProcessStat> ReadProcessStat(pid_t pid) {
  absl::StatusOr<std::string> line = ReadStatLine(pid);
  if (!line.ok()) {
    // Where /proc hides a process, or is not there, the kernel still knows the pid. A process that
    // ends between open and read gives ESRCH.
    if (kill(pid, 0) != 0 && errno == ESRCH) {
      return absl::NotFoundError(absl::StrCat("there is no process ", pid));
    }
    return absl::UnavailableError(
        absl::StrCat("process ", pid, " cannot be looked at: ", line.status().message()));
  }
  return ParseStat(*line, pid);
}

absl::StatusOr<ProcessIdentity> IdentityOf(pid_t pid) {
  HOLON_ASSIGN_OR_RETURN(ProcessStat stat, ReadProcessStat(pid));
  return ProcessIdentity{pid, stat.start_time_ticks, BootId(), OwnPidNamespace()};
}

ProcessIdentity OwnIdentity() {
  ProcessIdentity own{getpid(), 0, BootId(), OwnPidNamespace()};
  absl::StatusOr<std::string> line = ReadFile("/proc/self/stat", 8192);
  if (!line.ok()) return own;
  if (std::optional<ProcessStat> stat = ParseProcessStat(*line)) {
    own.start_time_ticks = stat->start_time_ticks;
  }
  return own;
}

IdentityVerdict JudgeIdentity(const ProcessIdentity& recorded, const ProcessIdentity& own,
                              const absl::StatusOr<ProcessStat>& now) {
  // A boot or namespace that one of the two could not read contradicts nothing.
  const bool boots = !recorded.boot_id.empty() && !own.boot_id.empty();
  const bool namespaces = recorded.pid_namespace != 0 && own.pid_namespace != 0;
  if (boots && recorded.boot_id != own.boot_id) return IdentityVerdict::kOtherBoot;
  if (namespaces && recorded.pid_namespace != own.pid_namespace) {
    return IdentityVerdict::kOtherNamespace;
  }
  if (absl::IsNotFound(now.status())) {
    return namespaces ? IdentityVerdict::kDead : IdentityVerdict::kUnseen;
  }
  if (!now.ok() || !namespaces || recorded.start_time_ticks == 0) return IdentityVerdict::kUnseen;
  if (now->start_time_ticks != recorded.start_time_ticks) return IdentityVerdict::kReused;
  if (now->state == 'Z' || now->state == 'X') return IdentityVerdict::kDead;
  return IdentityVerdict::kAlive;
}

IdentityVerdict Judge(const ProcessIdentity& recorded) {
  ProcessIdentity here{0, 0, BootId(), OwnPidNamespace()};
  return JudgeIdentity(recorded, here, ReadProcessStat(recorded.pid));
}

absl::string_view IdentityVerdictText(IdentityVerdict verdict) {
  switch (verdict) {
    case IdentityVerdict::kAlive:
      return "lives";
    case IdentityVerdict::kDead:
      return "is dead";
    case IdentityVerdict::kReused:
      return "is dead, and its pid belongs to another process now";
    case IdentityVerdict::kOtherBoot:
      return "is from before a reboot or from another machine";
    case IdentityVerdict::kOtherNamespace:
      return "is from another pid namespace (another container)";
    case IdentityVerdict::kUnseen:
      return "cannot be seen from here";
  }
  return "?";
}

absl::StatusOr<ProcessHandle> ProcessHandle::Open(const ProcessIdentity& identity) {
  if (identity.pid <= 0) return absl::NotFoundError("no process is named");
  // Open first, check second: from here on the descriptor means one process for ever.
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, identity.pid, 0)));
  if (!pidfd.valid()) {
    if (errno == ESRCH || errno == EINVAL) {
      return absl::NotFoundError(absl::StrCat("process ", identity.pid, " is dead"));
    }
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open process ", identity.pid));
  }
  IdentityVerdict verdict = Judge(identity);
  const std::string text =
      absl::StrCat("process ", identity.pid, " ", IdentityVerdictText(verdict));
  if (verdict == IdentityVerdict::kUnseen) return absl::UnavailableError(text);
  if (verdict != IdentityVerdict::kAlive) return absl::NotFoundError(text);
  return ProcessHandle(std::move(pidfd), identity);
}

absl::StatusOr<ProcessHandle> ProcessHandle::OpenChild(pid_t pid) {
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open process ", pid));
  }
  HOLON_ASSIGN_OR_RETURN(ProcessIdentity identity, IdentityOf(pid));
  return ProcessHandle(std::move(pidfd), std::move(identity));
}

absl::Status ProcessHandle::Signal(int signal) {
  if (PidfdSendSignal(pidfd_.get(), signal, 0) == 0) return absl::OkStatus();
  return SignalError(errno, identity_.pid, signal);
}

absl::Status ProcessHandle::SignalGroup(int signal) {
  absl::StatusOr<ProcessStat> stat = ReadProcessStat(identity_.pid);
  if (!stat.ok() || stat->start_time_ticks != identity_.start_time_ticks ||
      stat->group != identity_.pid) {
    return Signal(signal);
  }
  if (PidfdSendSignal(pidfd_.get(), signal, kPidfdSignalProcessGroup) == 0) {
    return absl::OkStatus();
  }
  if (errno != EINVAL) return SignalError(errno, identity_.pid, signal);
  // An older kernel. A stopped leader cannot end by itself, so its group id stays its own while we
  // aim.
  HOLON_RETURN_IF_ERROR(Signal(SIGSTOP));
  if (Exited()) return absl::NotFoundError(absl::StrCat("process ", identity_.pid, " has ended"));
  if (kill(-identity_.pid, signal) == 0) return absl::OkStatus();
  return SignalError(errno, identity_.pid, signal);
}

bool ProcessHandle::Exited() const {
  pollfd polled = {pidfd_.get(), POLLIN, 0};
  return poll(&polled, 1, 0) > 0;
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  for (const std::string& name : ListDirectory("/proc").value_or(std::vector<std::string>())) {
    pid_t pid;
    if (absl::SimpleAtoi(name, &pid)) pids.push_back(pid);
  }
  return pids;
}

std::string CommandNameOf(pid_t pid) {
  absl::StatusOr<std::string> name = ReadFile(absl::StrCat("/proc/", pid, "/comm"), 64);
  return name.ok() ? std::string(absl::StripAsciiWhitespace(*name)) : "";
}

std::string StartVariableOf(pid_t pid, absl::string_view name) {
  absl::StatusOr<std::string> variables =
      ReadFile(absl::StrCat("/proc/", pid, "/environ"), 4 << 20);
  if (!variables.ok()) return "";
  for (absl::string_view variable : absl::StrSplit(*variables, '\0')) {
    if (absl::ConsumePrefix(&variable, name) && absl::ConsumePrefix(&variable, "=")) {
      return std::string(variable);
    }
  }
  return "";
}
}  // namespace holon::base
