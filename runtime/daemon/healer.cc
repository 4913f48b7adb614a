#include "runtime/daemon/healer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/thread.h"
#include "runtime/base/wait.h"

namespace holon::daemon {
namespace {

// Debounce: let a running `rm -r` finish before files are made anew.
constexpr absl::Duration kSettle = absl::Milliseconds(10);

}  // namespace

Healer::Healer(Instance& instance, RunWatch watch, base::Wake wake, control::RuntimeModel& model,
               base::Logger& logger, base::Clock& clock, Host host)
    : instance_(instance),
      watch_(std::move(watch)),
      wake_(std::move(wake)),
      model_(model),
      logger_(logger),
      clock_(clock),
      host_(std::move(host)) {}

Healer::~Healer() {
  End();
  Join();
}

absl::Status Healer::Start() {
  HOLON_ASSIGN_OR_RETURN(thread_, base::StartThread([this] { Run(); }));
  return absl::OkStatus();
}

void Healer::Wake() { wake_.Signal(); }

void Healer::End() {
  ending_ = true;
  wake_.Signal();
}

void Healer::Join() {
  if (thread_.joinable()) thread_.join();
}

void Healer::Run() {
  retry_.Due(clock_.Uptime());  // What was lost before anybody watched.
  while (!ending_) {
    const absl::Duration now = clock_.Uptime();
    if (now >= retry_.at()) {
      HealOnce();
      continue;
    }
    const absl::Duration due = std::min(retry_.at(), pace_.next(now));
    std::optional<size_t> ready = base::WaitReadable({wake_.fd(), watch_.fd()}, due - now);
    if (!ready.has_value() || ready == 0u) {
      wake_.Clear();
      retry_.Due(clock_.Uptime());
    } else if (watch_.Take()) {
      retry_.Due(clock_.Uptime() + kSettle);
    }
  }
  watch_.End();
}

void Healer::HealOnce() {
  absl::Status watched = watch_.Watch();
  Healed healed = instance_.Heal(pace_.Resting(clock_.Uptime()));
  if (healed.socket.valid()) host_.replace_socket(std::move(healed.socket));
  for (const Healed::File& file : healed.files) {
    if (!file.displaced.empty()) pace_.Displaced(file.path, clock_.Uptime());
  }
  if (!healed.files.empty()) watched = watch_.Watch();  // The new ones.
  const bool blind = watch_.fd() < 0 || absl::IsResourceExhausted(watched);
  if (healed.status.ok() && !blind) {
    retry_.Succeeded();
  } else {
    retry_.Failed(clock_.Uptime());
  }
  Report(healed);
  model_.SetDegraded("inotify",
                     blind ? absl::StrCat("no inotify, so the run directory is not looked after: ",
                                          watched.message())
                           : "");
  const std::string lost = loss_.Judge(healed.loss);
  if (!lost.empty()) host_.give_up(lost);
}

void Healer::Report(const Healed& healed) {
  for (const Healed::File& file : healed.files) {
    logger_.Warning("put back what was lost", {{"path", file.path}, {"displaced", file.displaced}});
  }
  if (const uint64_t files = healed.files.size(); files > 0) {
    model_.Count([files](v1::Counters* counters) {
      counters->set_files_healed(counters->files_healed() + files);
    });
  }
  const std::string trouble =
      healed.status.ok() ? ""
                         : absl::StrCat("a lost file is not put back: ", healed.status.message());
  // Where the socket is another's, the log alone can tell.
  if (trouble != trouble_ && !trouble.empty()) logger_.Warning(trouble, {});
  trouble_ = trouble;
  model_.SetDegraded("heal", trouble);
}

}  // namespace holon::daemon
