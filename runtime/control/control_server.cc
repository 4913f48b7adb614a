#include "runtime/control/control_server.h"

#include <stdlib.h>

#include <string>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/status_macros.h"

namespace holon::control {

void SeparateServers() { setenv("GRPC_POLL_STRATEGY", "poll", 1); }

ControlServer::ControlServer(const RuntimeModel& model, RuntimeHost& host,
                             std::optional<Access> tcp_access)
    : control_(model, host), unix_(PeerKind::kUnix, Access::Open(), model, control_, nullptr) {
  if (tcp_access.has_value()) {
    tcp_.emplace(PeerKind::kTcp, *std::move(tcp_access), model, control_,
                 [&host](const std::string& peer) { host.PeerIsProven(peer); });
  }
}

absl::Status ControlServer::Start() {
  HOLON_RETURN_IF_ERROR(unix_.Start());
  return tcp_.has_value() ? tcp_->Start() : absl::OkStatus();
}

void ControlServer::Serve(base::UniqueFd connection, PeerKind kind) {
  if (kind == PeerKind::kUnix) {
    unix_.Serve(std::move(connection));
  } else if (tcp_.has_value()) {
    tcp_->Serve(std::move(connection));
  }
}

void ControlServer::Publish() {
  unix_.Publish();
  if (tcp_.has_value()) tcp_->Publish();
}

void ControlServer::Shutdown(absl::Duration grace) {
  base::SystemClock clock;
  const base::Deadline deadline(clock, grace);
  unix_.EndStreams();
  if (tcp_.has_value()) tcp_->EndStreams();
  unix_.Shutdown(deadline.Remaining());
  if (tcp_.has_value()) tcp_->Shutdown(deadline.Remaining());
}

}  // namespace holon::control
