#include "runtime/daemon/notifier.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"

namespace holon::daemon {
namespace {

// A line end in a value would begin another assignment.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); }, ' ');
  return text;
}

}  // namespace

void Notifier::Tell(std::initializer_list<std::pair<const char*, std::string>> values) {
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, value] : values) pending_[key] = OneLine(value);
    SendPending();
    if (pending_.empty()) return;
  }
  refused_();
}

void Notifier::Retry() {
  absl::MutexLock lock(&mutex_);
  if (!pending_.empty()) SendPending();
}

bool Notifier::pending() const {
  absl::MutexLock lock(&mutex_);
  return !pending_.empty();
}

void Notifier::SendPending() {
  if (sender_.Send(absl::StrJoin(pending_, "\n", absl::PairFormatter("=")))) pending_.clear();
}

}  // namespace holon::daemon
