#include "runtime/daemon/control_addr.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/tcp_socket.h"
#include "runtime/config/control_token.h"
#include "runtime/config/formats.h"

namespace holon::daemon {

absl::Status ControlAddr::Open() {
  if (config_.control_addr().empty()) return absl::OkStatus();
  const std::optional<config::HostPort> address = config::ParseHostPort(config_.control_addr());
  HOLON_ASSIGN_OR_RETURN(base::TcpListener listener,
                         base::ListenOnTcp(address->host, address->port));
  socket_ = std::move(listener.fd);
  text_ = config_.control_addr();
  if (address->port == 0) {
    text_ = absl::StrCat(text_.substr(0, text_.rfind(':')), ":", listener.port);
  }
  access_ = config::ControlTokenRequired(config_) ? control::Access::WithTokenLater()
                                                  : control::Access::Open();
  return absl::OkStatus();
}

absl::Status ControlAddr::ReadToken(const std::string& home, Instance& instance,
                                    const Instance::Step& step) {
  if (!config::ControlTokenRequired(config_)) return absl::OkStatus();
  std::string token = config_.control_token();
  if (config::ControlTokenIsMade(config_)) {
    step("reading the control token");
    HOLON_ASSIGN_OR_RETURN(token, config::EnsureControlToken(home));
    instance.KeepToken(config::ControlTokenPath(home), config::ControlTokenText(token));
  }
  access_->SetToken(token);
  return absl::OkStatus();
}

void ControlAddr::Announce(base::Logger& logger, control::RuntimeModel& model) const {
  if (text_.empty()) return;
  logger.Info("answering on TCP, without encryption", {{"control_addr", text_}});
  if (config::ControlTokenRequired(config_)) return;
  constexpr char kOpen[] =
      "control_auth_mode is disabled: every user of this machine can control this runtime";
  logger.Warning(kOpen, {{"control_addr", text_}});
  model.SetDegraded("control_auth_mode", kOpen);
}

}  // namespace holon::daemon
