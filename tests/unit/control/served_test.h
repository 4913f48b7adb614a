#ifndef HOLON_TESTS_UNIT_CONTROL_SERVED_TEST_H_
#define HOLON_TESTS_UNIT_CONTROL_SERVED_TEST_H_

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel_posix.h"
#include "holon/v1/runtime_control.grpc.pb.h"
#include "runtime/control/control_server.h"
#include "tests/unit/control/fake_host.h"

namespace holon::control {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Watch = std::unique_ptr<grpc::ClientReader<v1::WatchRuntimeStatusResponse>>;

// Who calls, for at most so long: ends what hangs.
class Caller {
 public:
  explicit Caller(const std::string& authorization = "") {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!authorization.empty()) context_.AddMetadata("authorization", authorization);
  }
  grpc::ClientContext* get() { return &context_; }

 private:
  grpc::ClientContext context_;
};

// A server with clients at the other end of socket pairs.
class ServedTest : public testing::Test {
 protected:
  ServedTest() {
    model_.OnChange([this] {
      if (server_ != nullptr) server_->Publish();
    });
  }
  ~ServedTest() override { Stop(); }

  // `token`: what callers of the kind TCP must show; empty: nothing.
  void Start(const std::string& token = "") {
    server_ = std::make_unique<ControlServer>(
        model_, host_, token.empty() ? Access::Open() : Access::WithToken(token));
    ASSERT_TRUE(server_->Start().ok());
  }
  void Stop() {
    if (server_ != nullptr) server_->Shutdown(absl::ZeroDuration());
  }

  // A new connection, the other end of which the server has.
  std::shared_ptr<grpc::Channel> Connect(PeerKind kind = PeerKind::kUnix) {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    server_->Serve(base::UniqueFd(fds[1]), kind);
    return grpc::CreateInsecureChannelFromFd("pair", fds[0]);
  }

  v1::RuntimeStatusResponse Status(const std::shared_ptr<grpc::Channel>& channel) {
    v1::RuntimeStatusResponse response;
    Caller caller;
    grpc::Status status =
        v1::RuntimeControl::NewStub(channel)->RuntimeStatus(caller.get(), {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // The error of a call that shows `authorization`.
  grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel,
                   const std::string& authorization) {
    v1::ReadinessResponse response;
    Caller caller(authorization);
    return v1::RuntimeControl::NewStub(channel)->Readiness(caller.get(), {}, &response);
  }

  std::optional<HealthCheckResponse::ServingStatus> HealthOf(
      const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
    HealthCheckRequest request;
    HealthCheckResponse response;
    request.set_service(service);
    Caller caller;
    grpc::Status status = Health::NewStub(channel)->Check(caller.get(), request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) return std::nullopt;
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  FakeHost host_;
  RuntimeModel model_{Self()};
  std::unique_ptr<ControlServer> server_;
};

}  // namespace holon::control

#endif  // HOLON_TESTS_UNIT_CONTROL_SERVED_TEST_H_
