#include "runtime/state/log_reader.h"

#include <algorithm>
#include <utility>

#include "runtime/base/descriptor.h"
#include "runtime/base/status_macros.h"
#include "runtime/state/log_tail.h"

namespace holon::state {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;
// A file's time comes from a coarser clock than its lines'.
constexpr absl::Duration kFileTimeSlack = absl::Seconds(1);

}  // namespace

absl::Status LogReader::Tail(size_t lines, const Take& take) {
  HOLON_ASSIGN_OR_RETURN(files_, OpenLogs(path_));
  HOLON_ASSIGN_OR_RETURN(TailedText tailed, TailText(files_, lines));
  const std::string& text = tailed.text;
  for (OpenLog& file : files_) file.offset = file.info.size;
  at_ = files_.empty() ? 0 : files_.size() - 1;
  const size_t end = text.rfind('\n') + 1;  // 0 for npos.
  const bool open = end < text.size() && lines > 0;
  const std::vector<std::string> last =
      LastLines(absl::string_view(text).substr(0, end), open ? lines - 1 : lines);
  const size_t found = last.size() + (open ? 1 : 0);
  cut_ = tailed.cut && found < lines ? std::optional<size_t>(found) : std::nullopt;
  std::vector<std::string> none_ended;
  splitter_.Feed(text.substr(end), &none_ended);
  return last.empty() ? absl::OkStatus() : take(last);
}

absl::Status LogReader::SkipBefore(absl::Time since) {
  HOLON_ASSIGN_OR_RETURN(files_, OpenLogs(path_));
  at_ = 0;
  while (at_ + 1 < files_.size() && files_[at_].info.modified < since - kFileTimeSlack) {
    files_[at_].offset = files_[at_].info.size;
    ++at_;
  }
  return absl::OkStatus();
}

absl::Status LogReader::Read(const Take& take) {
  while (true) {
    HOLON_RETURN_IF_ERROR(Drain(take));
    HOLON_ASSIGN_OR_RETURN(bool more, Refresh(take));
    if (!more) return absl::OkStatus();
  }
}

absl::Status LogReader::Finish(const Take& take) {
  std::vector<std::string> lines;
  splitter_.Flush(&lines);
  return lines.empty() ? absl::OkStatus() : take(lines);
}

absl::Status LogReader::DrainFile(OpenLog& file, const Take& take) {
  while (true) {
    HOLON_ASSIGN_OR_RETURN(std::string chunk,
                           base::ReadAt(file.fd.get(), file.offset, kChunkBytes));
    if (chunk.empty()) return absl::OkStatus();
    file.offset += static_cast<off_t>(chunk.size());
    std::vector<std::string> lines;
    splitter_.Feed(chunk, &lines);
    if (!lines.empty()) HOLON_RETURN_IF_ERROR(take(lines));
  }
}

absl::Status LogReader::Drain(const Take& take) {
  for (; at_ < files_.size(); ++at_) {
    HOLON_RETURN_IF_ERROR(DrainFile(files_[at_], take));
    if (at_ + 1 == files_.size()) return absl::OkStatus();
    HOLON_RETURN_IF_ERROR(Finish(take));  // A file that is done with ends its last line.
  }
  return absl::OkStatus();
}

// Whether there is more to read: a file that was begun anew, or others that came after it.
absl::StatusOr<bool> LogReader::Refresh(const Take& take) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo there, base::LookThrough(path_));
  if (!files_.empty() && files_.back().info.SameFile(there)) {
    if (there.size >= files_.back().offset) return false;
    files_.back().offset = 0;  // Truncated.
    HOLON_RETURN_IF_ERROR(Finish(take));
    return true;
  }
  HOLON_ASSIGN_OR_RETURN(std::vector<OpenLog> now, OpenLogs(path_));
  // What came into the old file before it lost its name.
  if (!files_.empty()) HOLON_RETURN_IF_ERROR(DrainFile(files_.back(), take));
  size_t first_new = now.size();
  for (size_t i = now.size(); i-- > 0;) {
    auto known = std::find_if(files_.begin(), files_.end(),
                              [&](const OpenLog& file) { return file.info.SameFile(now[i].info); });
    if (known == files_.end()) {
      first_new = i;
    } else {
      now[i].offset = known->offset;
    }
  }
  files_ = std::move(now);
  const bool more = first_new < files_.size();
  if (more) HOLON_RETURN_IF_ERROR(Finish(take));
  at_ = more ? first_new : files_.empty() ? 0 : files_.size() - 1;
  return more;
}

}  // namespace holon::state
