#include "runtime/state/home.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/shell_text.h"

namespace holon::state {
namespace {

using base::FileInfo;
using base::FileType;

std::string ClosingOf(const std::string& directory) {
  return config::ShellText({"chmod", "700", directory});
}

// Whose it is, and who else may write to it. Root may look at what belongs to others.
absl::Status CheckTrust(const std::string& path, const FileInfo& info, HomeUse use) {
  if (info.type == FileType::kSymlink) {
    absl::StatusOr<FileInfo> target = base::LookThrough(path);
    if (target.ok() && target->type == FileType::kAbsent) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, " is a symbolic link that leads to nothing; make the directory that it names"));
    }
    return absl::PermissionDeniedError(absl::StrCat(
        path, " is a symbolic link; its owner could redirect the runtime. Use a directory."));
  }
  if (info.type != FileType::kDirectory) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not a directory; move it away or choose another --home"));
  }
  if (use == HomeUse::kLook && geteuid() == 0) return absl::OkStatus();
  if (info.owner != geteuid()) {
    return absl::PermissionDeniedError(absl::StrCat(path, " belongs to uid ", info.owner,
                                                    ", and you are uid ", geteuid(),
                                                    "; run as its owner or choose another --home"));
  }
  if ((info.mode & 022) != 0) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "%s can be written to by others (mode %04o); run: %s", path, info.mode, ClosingOf(path)));
  }
  return absl::OkStatus();
}

// A directory below a file can never be made.
absl::Status CheckParents(const std::string& path) {
  for (std::string parent = base::DirectoryOf(path); parent != "/";
       parent = base::DirectoryOf(parent)) {
    HOLON_ASSIGN_OR_RETURN(FileInfo info, base::LookThrough(parent));
    if (info.type == FileType::kAbsent) continue;
    if (info.type == FileType::kDirectory) break;
    return absl::FailedPreconditionError(
        absl::StrCat(parent, " is not a directory; choose another --home"));
  }
  return absl::OkStatus();
}

absl::Status CheckDirectory(const std::string& path, HomeUse use) {
  HOLON_ASSIGN_OR_RETURN(FileInfo info, base::Look(path));
  if (info.type == FileType::kAbsent) return CheckParents(path);
  HOLON_RETURN_IF_ERROR(CheckTrust(path, info, use));
  absl::Status readable = base::MayAccess(path, R_OK | X_OK);
  if (absl::IsNotFound(readable)) return absl::OkStatus();  // Removed meanwhile.
  if (absl::IsPermissionDenied(readable)) {
    return absl::PermissionDeniedError(absl::StrFormat("%s cannot be read (mode %04o); run: %s",
                                                       path, info.mode, ClosingOf(path)));
  }
  HOLON_RETURN_IF_ERROR(readable);
  if (use == HomeUse::kLook) return absl::OkStatus();
  absl::Status writable = base::MayAccess(path, W_OK);
  if (absl::IsNotFound(writable)) return absl::OkStatus();
  if (absl::IsPermissionDenied(writable)) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "%s cannot be written to (mode %04o); run: %s", path, info.mode, ClosingOf(path)));
  }
  return writable;
}

// Parents get the caller's umask; only the home itself is ours to close.
absl::Status MakeParents(const std::string& path) {
  std::string parent = base::DirectoryOf(path);
  HOLON_ASSIGN_OR_RETURN(FileInfo info, base::LookThrough(parent));
  if (info.type == FileType::kDirectory) return absl::OkStatus();
  HOLON_RETURN_IF_ERROR(MakeParents(parent));
  return base::MakeDirectory(parent, 0777);
}

}  // namespace

HomePaths::HomePaths(const std::string& home)
    : home(home),
      run(base::JoinPath(home, "run")),
      instance_lock(base::JoinPath(run, "holon.lock")),
      lifecycle_lock(base::JoinPath(run, "lifecycle.lock")),
      users_lock(base::JoinPath(run, "users.lock")),
      pid_file(base::JoinPath(run, "holon.pid")),
      daemon_record(base::JoinPath(run, "daemon.json")),
      log(base::JoinPath(run, "daemon.log")),
      failures(base::JoinPath(run, "failures.json")),
      crash_report(base::JoinPath(run, "crash.log")),
      audit_log(base::JoinPath(run, "audit.log")),
      notify_socket(base::JoinPath(run, "notify")),
      default_socket(base::JoinPath(run, "holon.sock")),
      config(base::JoinPath(home, "config.json")) {}

absl::Status CheckHome(const HomePaths& paths, HomeUse use) {
  HOLON_RETURN_IF_ERROR(CheckDirectory(paths.home, use));
  return CheckDirectory(paths.run, use);
}

bool MayChangeHome(const HomePaths& paths) {
  return CheckHome(paths, HomeUse::kChange).ok() && base::CheckWritable(paths.lifecycle_lock).ok();
}

absl::Status MakeHome(const HomePaths& paths) {
  HOLON_RETURN_IF_ERROR(CheckHome(paths, HomeUse::kChange));
  HOLON_RETURN_IF_ERROR(MakeParents(paths.home));
  HOLON_RETURN_IF_ERROR(base::MakeDirectory(paths.home, 0700));
  HOLON_RETURN_IF_ERROR(base::MakeDirectory(paths.run, 0700));
  return CheckHome(paths, HomeUse::kChange);
}

}  // namespace holon::state
