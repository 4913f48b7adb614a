// The server with clients at the other end of a socket pair, and on a TCP port.
#include "runtime/control/control_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/create_channel_posix.h"
#include "runtime/control/errors.h"
#include "tests/unit/control/fake_host.h"

namespace holon::control {
namespace {

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

class ControlServerTest : public testing::Test {
 protected:
  ControlServerTest() {
    model_.OnChange([this] {
      if (server_ != nullptr) server_->Publish();
    });
  }
  ~ControlServerTest() override { Stop(); }

  void Start(const v1::EffectiveConfig& config = {}) {
    server_ = std::make_unique<ControlServer>(model_, host_, Access(config), config.control_addr());
    ASSERT_TRUE(server_->Start().ok());
  }
  void Stop() {
    if (server_ != nullptr) server_->Shutdown(absl::ZeroDuration());
  }

  // A new connection, the other end of which the server has.
  std::shared_ptr<grpc::Channel> Connect() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    server_->Serve(base::UniqueFd(fds[1]));
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

TEST_F(ControlServerTest, StatusIsTheModels) {
  Start();
  auto channel = Connect();
  model_.SetStartup("reading state", 3, 4);
  model_.Count([](v1::Counters* counters) { counters->set_reloads(2); });
  EXPECT_EQ(Status(channel).SerializeAsString(), model_.Status().SerializeAsString());
  model_.BecomeReady();
  EXPECT_EQ(Status(channel).phase(), v1::PHASE_READY);
  EXPECT_EQ(Status(channel).counters().reloads(), 2u);
}

TEST_F(ControlServerTest, ConnectionsAreServedBesideEachOther) {
  Start();
  auto one = Connect();
  auto two = Connect();
  EXPECT_EQ(Status(one).instance_id(), "me");
  EXPECT_EQ(Status(two).instance_id(), "me");
  one.reset();
  EXPECT_EQ(Status(two).instance_id(), "me");
}

TEST_F(ControlServerTest, AShutdownIsCarriedOutAfterItsAnswer) {
  Start();
  v1::ShutdownRequest request;
  v1::ShutdownResponse response;
  request.set_reason("the end");
  Caller caller;
  ASSERT_TRUE(
      v1::RuntimeControl::NewStub(Connect())->Shutdown(caller.get(), request, &response).ok());
  EXPECT_EQ(response.instance_id(), "me");
  // Joins the thread that carries it out.
  Stop();
  ASSERT_EQ(host_.orders.size(), 1u);
  EXPECT_EQ(host_.orders[0].reason, "the end");
}

TEST_F(ControlServerTest, AWatchHasThePresentThenEveryChangeThenTheEnd) {
  Start();
  Caller caller;
  Watch watch = v1::RuntimeControl::NewStub(Connect())->WatchRuntimeStatus(caller.get(), {});
  v1::WatchRuntimeStatusResponse news;
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.status().phase(), v1::PHASE_STARTING);
  EXPECT_FALSE(news.last());
  model_.BecomeReady();
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.status().phase(), v1::PHASE_READY);
  model_.SetDegraded("log", "disk full");
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_FALSE(news.status().healthy());
  EXPECT_FALSE(news.last());
  model_.BeginDraining();
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.status().phase(), v1::PHASE_DRAINING);
  EXPECT_TRUE(news.last());
  EXPECT_FALSE(watch->Read(&news));
  EXPECT_TRUE(watch->Finish().ok());
}

TEST_F(ControlServerTest, AWatchTellsNothingThatItHasToldAlready) {
  Start();
  Caller caller;
  Watch watch = v1::RuntimeControl::NewStub(Connect())->WatchRuntimeStatus(caller.get(), {});
  v1::WatchRuntimeStatusResponse news;
  ASSERT_TRUE(watch->Read(&news));
  server_->Publish();
  // The queue's thread is past the first once it has answered.
  Status(Connect());
  model_.BecomeReady();
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.status().phase(), v1::PHASE_READY);
}

TEST_F(ControlServerTest, AWatchThatComesLateHasTheLastWordAtOnce) {
  Start();
  model_.BeginDraining();
  Caller caller;
  Watch watch = v1::RuntimeControl::NewStub(Connect())->WatchRuntimeStatus(caller.get(), {});
  v1::WatchRuntimeStatusResponse news;
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_TRUE(news.last());
  EXPECT_FALSE(watch->Read(&news));
  EXPECT_TRUE(watch->Finish().ok());
}

TEST_F(ControlServerTest, EveryWatchHearsOfAChangeAndOneThatLeftIsForgotten) {
  Start();
  auto stub = v1::RuntimeControl::NewStub(Connect());
  v1::WatchRuntimeStatusResponse news;
  Caller leaving;
  Watch left = stub->WatchRuntimeStatus(leaving.get(), {});
  ASSERT_TRUE(left->Read(&news));
  Caller callers[2];
  Watch watches[2];
  for (int i : {0, 1}) {
    watches[i] = stub->WatchRuntimeStatus(callers[i].get(), {});
    ASSERT_TRUE(watches[i]->Read(&news));
  }
  leaving.get()->TryCancel();
  EXPECT_EQ(left->Finish().error_code(), grpc::StatusCode::CANCELLED);
  model_.BecomeReady();
  for (Watch& watch : watches) {
    ASSERT_TRUE(watch->Read(&news));
    EXPECT_EQ(news.status().phase(), v1::PHASE_READY);
  }
}

TEST_F(ControlServerTest, AShutdownEndsAWatchThatIsOpen) {
  Start();
  Caller caller;
  Watch watch = v1::RuntimeControl::NewStub(Connect())->WatchRuntimeStatus(caller.get(), {});
  v1::WatchRuntimeStatusResponse news;
  ASSERT_TRUE(watch->Read(&news));
  Stop();
  EXPECT_FALSE(watch->Read(&news));
  EXPECT_FALSE(watch->Finish().ok());
  Stop();
  server_->Publish();
}

TEST_F(ControlServerTest, AShutdownEndsManyCallsWhateverTheyAreAt) {
  for (int round = 0; round < 20; ++round) {
    Start();
    auto stub = v1::RuntimeControl::NewStub(Connect());
    v1::WatchRuntimeStatusResponse news;
    Caller callers[16];
    Watch watches[16];
    for (int i = 0; i < 16; ++i) watches[i] = stub->WatchRuntimeStatus(callers[i].get(), {});
    // Some have begun by now, and some have not.
    ASSERT_TRUE(watches[0]->Read(&news));
    server_->Publish();
    Stop();
    for (Watch& watch : watches) {
      while (watch->Read(&news)) {
      }
      EXPECT_FALSE(watch->Finish().ok());
    }
  }
}

TEST_F(ControlServerTest, HealthIsThePhaseByService) {
  Start();
  auto channel = Connect();
  for (const char* service : {"", "holon.v1.RuntimeControl", "grpc.health.v1.Health"}) {
    EXPECT_EQ(HealthOf(channel, service), HealthCheckResponse::NOT_SERVING) << service;
  }
  model_.BecomeReady();
  EXPECT_EQ(HealthOf(channel, ""), HealthCheckResponse::SERVING);
  EXPECT_EQ(HealthOf(channel, "nothing"), std::nullopt);
  model_.BeginDraining();
  EXPECT_EQ(HealthOf(channel, ""), HealthCheckResponse::NOT_SERVING);
}

TEST_F(ControlServerTest, HealthIsWatched) {
  Start();
  auto stub = Health::NewStub(Connect());
  HealthCheckRequest request;
  HealthCheckResponse news;
  Caller caller;
  auto watch = stub->Watch(caller.get(), request);
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.status(), HealthCheckResponse::NOT_SERVING);
  model_.SetStartup("not of interest", 1, 2);
  model_.BecomeReady();
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.status(), HealthCheckResponse::SERVING);
  request.set_service("nothing");
  Caller other;
  auto unknown = stub->Watch(other.get(), request);
  ASSERT_TRUE(unknown->Read(&news));
  EXPECT_EQ(news.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  model_.BeginDraining();
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&news));
}

class ControlPortTest : public ControlServerTest {
 protected:
  // A socket on a loopback port that the kernel chose.
  static base::UniqueFd TakePort(int* port) {
    base::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
  }

  // A channel to a server with such a configuration on a port that was free a moment ago.
  std::shared_ptr<grpc::Channel> StartOnPort(v1::ControlAuthMode mode, const std::string& host) {
    int port = 0;
    TakePort(&port).Reset();
    v1::EffectiveConfig config;
    config.set_control_addr(absl::StrCat(host, ":", port));
    config.set_control_auth_mode(mode);
    config.set_control_token("Sesame");
    Start(config);
    return grpc::CreateChannel(absl::StrCat("ipv4:127.0.0.1:", port),
                               grpc::InsecureChannelCredentials());
  }

  void ExpectTokenIsNeeded(const std::shared_ptr<grpc::Channel>& channel) {
    for (const char* shown : {"", "Bearer", "Bearer ", "Bearer Sesam", "Bearer Sesame2",
                              "Bearer sesame", "Bearer  Sesame", "Sesame", "bearer Sesame"}) {
      grpc::Status status = Ask(channel, shown);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << shown;
      EXPECT_EQ(ReasonOf(status), kUnauthenticated);
    }
    EXPECT_TRUE(Ask(channel, "Bearer Sesame").ok());
  }
};

TEST_F(ControlPortTest, WhereItIsRequiredOnlyTheTokenOpensThePort) {
  auto channel = StartOnPort(v1::CONTROL_AUTH_MODE_REQUIRED, "127.0.0.1");
  ExpectTokenIsNeeded(channel);
  // Streams and health as well.
  v1::WatchRuntimeStatusResponse news;
  Caller stranger;
  Watch watch = v1::RuntimeControl::NewStub(channel)->WatchRuntimeStatus(stranger.get(), {});
  EXPECT_FALSE(watch->Read(&news));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  HealthCheckResponse health;
  Caller other;
  EXPECT_EQ(Health::NewStub(channel)->Check(other.get(), {}, &health).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  Caller known("Bearer Sesame");
  watch = v1::RuntimeControl::NewStub(channel)->WatchRuntimeStatus(known.get(), {});
  EXPECT_TRUE(watch->Read(&news));
}

TEST_F(ControlPortTest, AShutdownWithoutTheTokenStopsNothing) {
  auto channel = StartOnPort(v1::CONTROL_AUTH_MODE_REQUIRED, "127.0.0.1");
  v1::ShutdownResponse response;
  Caller caller;
  EXPECT_EQ(
      v1::RuntimeControl::NewStub(channel)->Shutdown(caller.get(), {}, &response).error_code(),
      grpc::StatusCode::UNAUTHENTICATED);
  Stop();
  EXPECT_TRUE(host_.orders.empty());
}

TEST_F(ControlPortTest, WhoeverCameByTheSocketShowsNone) {
  StartOnPort(v1::CONTROL_AUTH_MODE_REQUIRED, "127.0.0.1");
  EXPECT_TRUE(Ask(Connect(), "").ok());
}

TEST_F(ControlPortTest, ItIsAskedForWhereOthersCanCome) {
  ExpectTokenIsNeeded(StartOnPort(v1::CONTROL_AUTH_MODE_AUTO, "0.0.0.0"));
}

TEST_F(ControlPortTest, ItIsNotAskedForOnLoopback) {
  EXPECT_TRUE(Ask(StartOnPort(v1::CONTROL_AUTH_MODE_AUTO, "127.0.0.1"), "").ok());
}

TEST_F(ControlPortTest, ItIsNotAskedForWhereNobodyWantsIt) {
  EXPECT_TRUE(Ask(StartOnPort(v1::CONTROL_AUTH_MODE_DISABLED, "0.0.0.0"), "").ok());
}

TEST_F(ControlPortTest, APortThatIsTakenIsAnError) {
  int port = 0;
  base::UniqueFd taken = TakePort(&port);
  ControlServer server(model_, host_, Access(v1::EffectiveConfig()),
                       absl::StrCat("127.0.0.1:", port));
  absl::Status status = server.Start();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_NE(status.message().find(absl::StrCat(port)), std::string::npos);
}

}  // namespace
}  // namespace holon::control
