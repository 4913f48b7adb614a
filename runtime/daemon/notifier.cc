#include "runtime/daemon/notifier.h"

#include <vector>

namespace holon::daemon {

void Notifier::Tell(std::initializer_list<std::pair<const char*, std::string>> values) {
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, value] : values) pending_[key] = value;
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
  std::vector<base::NotifyField> fields;
  for (const auto& [key, value] : pending_) fields.push_back({key, value});
  if (sender_.Send(fields)) pending_.clear();
}

}  // namespace holon::daemon
