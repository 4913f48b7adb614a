#include "runtime/state/log_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"

namespace holon::state {
namespace {

// A log rotates once in minutes; twice while we open a handful of files would be a wonder.
constexpr int kMostTries = 5;

bool Contains(const std::vector<OpenLog>& files, const base::FileInfo& info) {
  return std::any_of(files.begin(), files.end(),
                     [&](const OpenLog& file) { return file.info.SameFile(info); });
}

absl::Status AddLog(const std::string& path, std::vector<OpenLog>* files) {
  absl::StatusOr<base::UniqueFd> fd = base::OpenForReading(path);
  if (absl::IsNotFound(fd.status())) return absl::OkStatus();
  HOLON_RETURN_IF_ERROR(fd.status());
  HOLON_ASSIGN_OR_RETURN(base::FileInfo info, base::InfoOf(fd->get()));
  if (!Contains(*files, info)) files->push_back(OpenLog{*std::move(fd), info, 0});
  return absl::OkStatus();
}

// Where older files are, and where they may be by the time that we get there: each rotation moves a
// file one up, one after the other, so that a listing may have gaps.
std::set<unsigned> Candidates(const std::string& path) {
  std::set<unsigned> numbers = {1, 2};
  for (unsigned number : OlderLogs(path)) numbers.insert({number, number + 1, number + 2});
  return numbers;
}

// Newest first: a file that moves meanwhile is met again, and cannot slip by.
absl::StatusOr<std::vector<OpenLog>> OpenOnce(const std::string& path) {
  std::vector<OpenLog> files;
  HOLON_RETURN_IF_ERROR(AddLog(path, &files));
  for (unsigned number : Candidates(path)) {
    HOLON_RETURN_IF_ERROR(AddLog(NumberedLog(path, number), &files));
  }
  std::reverse(files.begin(), files.end());
  return files;
}

}  // namespace

std::string NumberedLog(const std::string& path, unsigned number) {
  return number == 0 ? path : absl::StrCat(path, ".", number);
}

unsigned LogNumber(absl::string_view name, absl::string_view base) {
  unsigned number;
  if (!absl::ConsumePrefix(&name, base) || !absl::ConsumePrefix(&name, ".")) return 0;
  if (!absl::SimpleAtoi(name, &number) || absl::StrCat(number) != name) return 0;
  return number;
}

std::vector<unsigned> OlderLogs(const std::string& path) {
  std::vector<unsigned> numbers;
  const std::string name = base::NameOf(path);
  const std::vector<std::string> there =
      base::ListDirectory(base::DirectoryOf(path)).value_or(std::vector<std::string>());
  for (const std::string& other : there) {
    if (unsigned number = LogNumber(other, name); number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

absl::StatusOr<std::vector<OpenLog>> OpenLogs(const std::string& path) {
  for (int tries = 1;; ++tries) {
    absl::StatusOr<base::FileInfo> before = base::LookThrough(path);
    HOLON_ASSIGN_OR_RETURN(std::vector<OpenLog> files, OpenOnce(path));
    absl::StatusOr<base::FileInfo> after = base::LookThrough(path);
    const bool settled = !before.ok() || !after.ok() || before->SameFile(*after);
    if (settled || tries == kMostTries) return files;
  }
}

}  // namespace holon::state
