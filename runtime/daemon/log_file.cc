#include "runtime/daemon/log_file.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "runtime/base/descriptor.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/log_files.h"

namespace holon::daemon {

LogFile::LogFile(std::string path, LogLimits limits, std::vector<int> stdio,
                 std::function<bool()> owns_path)
    : path_(std::move(path)),
      owns_path_(std::move(owns_path)),
      limits_(limits),
      stdio_(std::move(stdio)) {}

bool LogFile::Takes(int fd) const {
  return opened_ && std::find(stdio_.begin(), stdio_.end(), fd) != stdio_.end();
}

void LogFile::SetLimits(LogLimits limits) {
  limits_ = limits;
  if (opened_ && owns_path_()) rotation_ = RemoveSurplus(limits_.max_files);
}

absl::Status LogFile::Open() {
  HOLON_RETURN_IF_ERROR(Reopen());
  rotation_ = RemoveSurplus(limits_.max_files);
  return absl::OkStatus();
}

absl::Status LogFile::Reopen() {
  HOLON_ASSIGN_OR_RETURN(base::UniqueFd fd, base::OpenForAppending(path_));
  HOLON_ASSIGN_OR_RETURN(info_, base::InfoOf(fd.get()));
  fd_ = std::move(fd);
  torn_ = base::ReadFileTail(path_, 1).value_or("\n") != "\n" && info_.size > 0;
  if (!opened_) {
    auto stranger = std::remove_if(stdio_.begin(), stdio_.end(), [this](int other) {
      absl::StatusOr<base::FileInfo> there = base::InfoOf(other);
      return !there.ok() || !there->SameFile(info_);
    });
    stdio_.erase(stranger, stdio_.end());
    opened_ = true;
  }
  // Also the first time: whoever opened them may not have asked for appending.
  Redirect(fd_.get());
  return absl::OkStatus();
}

absl::Status LogFile::Append(absl::string_view line) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::Look(path_));
  if (!fd_.valid() || (!there.SameFile(info_) && owns_path_())) {
    HOLON_RETURN_IF_ERROR(Reopen());
    there = info_;
  }
  // Others write to it as well, so the file itself is asked for its size.
  const uint64_t size = static_cast<uint64_t>(there.size);
  const bool full = size > 0 && size + line.size() > limits_.max_bytes;
  if (full && there.SameFile(info_) && owns_path_()) rotation_ = Rotate();
  return WriteLine(line);
}

// One write, but for what is left of a line that did not go in whole: its second write says why.
absl::Status LogFile::WriteLine(absl::string_view line) {
  const std::string text = absl::StrCat(torn_ ? "\n" : "", line);
  absl::string_view rest = text;
  while (!rest.empty()) {
    absl::StatusOr<size_t> written = base::WriteOnce(fd_.get(), rest);
    if (!written.ok()) {
      return absl::Status(written.status().code(),
                          absl::StrCat(path_, ": ", std::string(written.status().message())));
    }
    rest.remove_prefix(*written);
    torn_ = !rest.empty();
  }
  return absl::OkStatus();
}

absl::Status LogFile::Rotate() {
  // Where there is no room for a new file, the old one goes on.
  const std::string next = absl::StrCat(path_, ".next");
  HOLON_ASSIGN_OR_RETURN(base::UniqueFd fresh, base::OpenForAppending(next));
  HOLON_ASSIGN_OR_RETURN(base::FileInfo info, base::InfoOf(fresh.get()));
  // Descriptors first and names second: nobody writes to a file that its readers have left.
  Redirect(fresh.get());
  absl::Status renamed = Shift();
  if (renamed.ok()) renamed = base::RenameFile(next, path_);
  if (!renamed.ok()) {
    Redirect(fd_.get());
    (void)base::RemoveFile(next);
    return renamed;
  }
  fd_ = std::move(fresh);
  info_ = info;
  torn_ = false;
  return absl::OkStatus();
}

// PATH becomes PATH.1 and so on. The last one, or PATH where it alone is kept, is replaced.
absl::Status LogFile::Shift() {
  HOLON_RETURN_IF_ERROR(RemoveSurplus(limits_.max_files));
  for (unsigned number = limits_.max_files - 1; number > 0; --number) {
    absl::Status renamed =
        base::RenameFile(state::NumberedLog(path_, number - 1), state::NumberedLog(path_, number));
    if (!renamed.ok() && !absl::IsNotFound(renamed)) return renamed;
  }
  return absl::OkStatus();
}

absl::Status LogFile::RemoveSurplus(unsigned from) {
  for (unsigned number : state::OlderLogs(path_)) {
    if (number >= from) {
      HOLON_RETURN_IF_ERROR(base::RemoveFile(state::NumberedLog(path_, number)));
    }
  }
  return absl::OkStatus();
}

void LogFile::Redirect(int fd) {
  for (int target : stdio_) (void)base::Redirect(target, fd);
}

}  // namespace holon::daemon
