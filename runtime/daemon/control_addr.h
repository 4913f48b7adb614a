#ifndef HOLON_RUNTIME_DAEMON_CONTROL_ADDR_H_
#define HOLON_RUNTIME_DAEMON_CONTROL_ADDR_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "holon/v1/config.pb.h"
#include "runtime/base/logger.h"
#include "runtime/base/unique_fd.h"
#include "runtime/control/access.h"
#include "runtime/control/runtime_model.h"
#include "runtime/daemon/instance.h"

namespace holon::daemon {

// Where a runtime answers over TCP, and what callers must show there. Everything is empty, and no
// method does anything, where control_addr is not configured. One thread.
class ControlAddr {
 public:
  // `config` outlives this object.
  explicit ControlAddr(const v1::EffectiveConfig& config) : config_(config) {}

  // Binds and listens; for the errors see base::ListenOnTcp. Calls are told STARTING until
  // ReadToken.
  absl::Status Open();
  // Waits for the disk. A token that was made is put back by `instance` when its file is lost.
  absl::Status ReadToken(const std::string& home, Instance& instance, const Instance::Step& step);
  // Says where it answers, and warns where everybody may call.
  void Announce(base::Logger& logger, control::RuntimeModel& model) const;

  // With the port that was bound.
  const std::string& text() const { return text_; }
  const std::optional<control::Access>& access() const { return access_; }
  base::UniqueFd TakeSocket() { return std::move(socket_); }

 private:
  const v1::EffectiveConfig& config_;
  std::string text_;
  base::UniqueFd socket_;
  std::optional<control::Access> access_;
};

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_CONTROL_ADDR_H_
