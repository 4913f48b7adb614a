// The server with clients at the other end of a socket pair.
#include "runtime/control/control_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/create_channel_posix.h"
#include "runtime/base/thread.h"
#include "runtime/base/wait.h"
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

// Calls on connections that came by TCP, as the acceptor says: here they are socket pairs, too, so
// nothing about the connection itself can be what decides.
class ControlPortTest : public ControlServerTest {
 protected:
  ControlPortTest() { Start("Sesame"); }
  std::shared_ptr<grpc::Channel> ConnectTcp() { return Connect(PeerKind::kTcp); }
};

TEST_F(ControlPortTest, OnlyTheTokenOpensThePort) {
  auto channel = ConnectTcp();
  for (const std::string& shown :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Bearer Sesam"),
        std::string("Bearer Sesame2"), std::string("Bearer sesame"), std::string("Bearer  Sesame"),
        std::string("Sesame"), std::string("bearer Sesame"), "Bearer " + std::string(4000, 'x')}) {
    grpc::Status status = Ask(channel, shown);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << shown;
    EXPECT_EQ(ReasonOf(status), kUnauthenticated);
  }
  EXPECT_TRUE(Ask(channel, "Bearer Sesame").ok());
}

TEST_F(ControlPortTest, StreamsHealthAndReflectionWantItToo) {
  auto channel = ConnectTcp();
  v1::WatchRuntimeStatusResponse news;
  Caller stranger;
  Watch watch = v1::RuntimeControl::NewStub(channel)->WatchRuntimeStatus(stranger.get(), {});
  EXPECT_FALSE(watch->Read(&news));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  HealthCheckResponse health;
  Caller other;
  EXPECT_EQ(Health::NewStub(channel)->Check(other.get(), {}, &health).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  Caller third;
  auto reflection =
      grpc::reflection::v1alpha::ServerReflection::NewStub(channel)->ServerReflectionInfo(
          third.get());
  EXPECT_EQ(reflection->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  Caller known("Bearer Sesame");
  watch = v1::RuntimeControl::NewStub(channel)->WatchRuntimeStatus(known.get(), {});
  EXPECT_TRUE(watch->Read(&news));
}

TEST_F(ControlPortTest, AShutdownWithoutTheTokenStopsNothing) {
  v1::ShutdownResponse response;
  Caller caller;
  EXPECT_EQ(
      v1::RuntimeControl::NewStub(ConnectTcp())->Shutdown(caller.get(), {}, &response).error_code(),
      grpc::StatusCode::UNAUTHENTICATED);
  Stop();
  EXPECT_TRUE(host_.orders.empty());
}

TEST_F(ControlPortTest, ACallerOnTheUnixSocketShowsNone) { EXPECT_TRUE(Ask(Connect(), "").ok()); }

TEST_F(ControlPortTest, AnOrderSaysByWhichWayItCame) {
  for (PeerKind kind : {PeerKind::kUnix, PeerKind::kTcp}) {
    v1::ShutdownResponse response;
    Caller caller("Bearer Sesame");
    ASSERT_TRUE(
        v1::RuntimeControl::NewStub(Connect(kind))->Shutdown(caller.get(), {}, &response).ok());
  }
  Stop();
  ASSERT_EQ(host_.orders.size(), 2u);
  EXPECT_EQ(host_.orders[0].peer, "");
  EXPECT_EQ(host_.orders[1].peer.substr(0, 4), "tcp ");
}

TEST_F(ControlServerTest, WithoutControlAddrNoTcpConnectionIsServed) {
  server_ = std::make_unique<ControlServer>(model_, host_, std::nullopt);
  ASSERT_TRUE(server_->Start().ok());
  EXPECT_EQ(Ask(Connect(PeerKind::kTcp), "").error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Ask(Connect(), "").ok());
}

TEST_F(ControlServerTest, ADisabledTokenOpensThePort) {
  Start();
  EXPECT_TRUE(Ask(Connect(PeerKind::kTcp), "").ok());
}

TEST_F(ControlServerTest, TwoServersLiveInOneProcess) {
  Start();
  FakeHost other_host;
  RuntimeModel other_model(Self());
  ControlServer other(other_model, other_host, std::nullopt);
  ASSERT_TRUE(other.Start().ok());
  EXPECT_EQ(Status(Connect()).instance_id(), "me");
  other.Shutdown(absl::ZeroDuration());
  EXPECT_EQ(Status(Connect()).instance_id(), "me");
}

TEST_F(ControlServerTest, AServerThatNeverStartedEndsAndServesNothing) {
  server_ = std::make_unique<ControlServer>(model_, host_, std::nullopt);
  server_->Publish();
  EXPECT_EQ(Ask(Connect(), "").error_code(), grpc::StatusCode::UNAVAILABLE);
  server_.reset();
}

TEST_F(ControlServerTest, AConnectionAfterTheEndIsClosed) {
  Start();
  Stop();
  EXPECT_EQ(Ask(Connect(), "").error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ControlServerTest, AnAnswerMayComeLaterAndKeepsNobodyWaiting) {
  Start();
  host_.defer = true;
  auto channel = Connect();
  grpc::Status reloaded;
  v1::ReloadResponse response;
  auto thread = base::StartThread([&] {
    Caller caller;
    reloaded = v1::RuntimeControl::NewStub(channel)->Reload(caller.get(), {}, &response);
  });
  ASSERT_TRUE(thread.ok());
  host_.AwaitReload();
  EXPECT_EQ(Status(channel).instance_id(), "me") << "while the reload is open";
  v1::ReloadResponse answer;
  answer.set_instance_id("later");
  host_.TakeReply()(grpc::Status::OK, answer);
  thread->join();
  EXPECT_TRUE(reloaded.ok()) << reloaded.error_message();
  EXPECT_EQ(response.instance_id(), "later");
}

TEST_F(ControlServerTest, AReplyThatIsDroppedOrOutlivesTheServerIsUnavailable) {
  for (bool drop : {true, false}) {
    Start();
    host_.defer = true;
    auto channel = Connect();
    grpc::Status reloaded;
    auto thread = base::StartThread([&] {
      Caller caller;
      v1::ReloadResponse response;
      reloaded = v1::RuntimeControl::NewStub(channel)->Reload(caller.get(), {}, &response);
    });
    ASSERT_TRUE(thread.ok());
    host_.AwaitReload();
    std::optional<Reply<v1::ReloadResponse>> reply = host_.TakeReply();
    if (drop) {
      reply.reset();
    } else {
      Stop();
    }
    thread->join();
    EXPECT_EQ(reloaded.error_code(), grpc::StatusCode::UNAVAILABLE) << reloaded.error_message();
    if (reply.has_value()) (*reply)(grpc::Status::OK);  // To nobody.
    Stop();
  }
}

TEST_F(ControlServerTest, DeferredCallsAreBoundedAndOthersAreAnsweredAllTheSame) {
  Start();
  host_.defer = true;
  auto channel = Connect();
  grpc::CompletionQueue queue;
  auto stub = v1::RuntimeControl::NewStub(channel);
  struct Call {
    Caller caller;
    grpc::Status status;
    v1::ReloadResponse response;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::ReloadResponse>> reader;
  };
  std::vector<std::unique_ptr<Call>> calls;
  for (size_t i = 0; i < OpenCalls::kMostDeferred + 1; ++i) {
    Call& call = *calls.emplace_back(std::make_unique<Call>());
    call.reader = stub->AsyncReload(call.caller.get(), {}, &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  void* tag;
  bool ok;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(static_cast<Call*>(tag)->status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(static_cast<Call*>(tag)->status), kTooManyCalls);
  EXPECT_EQ(Status(channel).instance_id(), "me");
  Stop();
  for (size_t i = 0; i < OpenCalls::kMostDeferred; ++i) {
    ASSERT_TRUE(queue.Next(&tag, &ok));
    EXPECT_EQ(static_cast<Call*>(tag)->status.error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

TEST_F(ControlServerTest, StreamsAreBounded) {
  Start();
  auto one = Connect();
  auto two = Connect();
  std::vector<std::unique_ptr<Caller>> callers;
  std::vector<Watch> watches;
  v1::WatchRuntimeStatusResponse news;
  for (size_t i = 0; i < OpenCalls::kMostStreams; ++i) {
    callers.push_back(std::make_unique<Caller>());
    watches.push_back(v1::RuntimeControl::NewStub(i % 2 == 0 ? one : two)
                          ->WatchRuntimeStatus(callers.back()->get(), {}));
    ASSERT_TRUE(watches.back()->Read(&news));
  }
  Caller caller;
  Watch refused = v1::RuntimeControl::NewStub(one)->WatchRuntimeStatus(caller.get(), {});
  EXPECT_FALSE(refused->Read(&news));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Status(one).instance_id(), "me");
  Stop();
}

TEST_F(ControlServerTest, AWatchEndsWithItsLastMessageAlsoWhenTheServerEndsAtOnce) {
  for (int round = 0; round < 20; ++round) {
    RuntimeModel model(Self());
    ControlServer server(model, host_, std::nullopt);
    model.OnChange([&] { server.Publish(); });
    ASSERT_TRUE(server.Start().ok());
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    server.Serve(base::UniqueFd(fds[1]), PeerKind::kUnix);
    auto stub = v1::RuntimeControl::NewStub(grpc::CreateInsecureChannelFromFd("pair", fds[0]));
    Caller caller;
    Watch watch = stub->WatchRuntimeStatus(caller.get(), {});
    v1::WatchRuntimeStatusResponse news;
    ASSERT_TRUE(watch->Read(&news));
    model.BeginDraining();
    server.Shutdown(absl::Seconds(10));
    while (!news.last() && watch->Read(&news)) {
    }
    EXPECT_TRUE(news.last());
  }
}

TEST_F(ControlServerTest, ReflectionAnswersUnderBothNamesAndEndsWithItsClient) {
  Start();
  auto channel = Connect();
  auto list = [](auto stub, auto request, auto response) {
    Caller caller;
    auto stream = stub->ServerReflectionInfo(caller.get());
    request.set_list_services("");
    std::vector<std::string> names;
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(stream->Write(request));
      EXPECT_TRUE(stream->Read(&response));
      names.clear();
      for (const auto& service : response.list_services_response().service()) {
        names.push_back(service.name());
      }
    }
    EXPECT_TRUE(stream->WritesDone());
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
    return names;
  };
  namespace current = grpc::reflection::v1;
  namespace alpha = grpc::reflection::v1alpha;
  const std::vector<std::string> names =
      list(current::ServerReflection::NewStub(channel), current::ServerReflectionRequest(),
           current::ServerReflectionResponse());
  EXPECT_EQ(names.size(), 4u);
  EXPECT_EQ(names[0], "holon.v1.RuntimeControl");
  EXPECT_EQ(names, list(alpha::ServerReflection::NewStub(channel), alpha::ServerReflectionRequest(),
                        alpha::ServerReflectionResponse()));
}

TEST_F(ControlServerTest, AShutdownEndsAnIdleReflection) {
  Start();
  auto stub = grpc::reflection::v1::ServerReflection::NewStub(Connect());
  Caller caller;
  auto stream = stub->ServerReflectionInfo(caller.get());
  grpc::reflection::v1::ServerReflectionRequest request;
  grpc::reflection::v1::ServerReflectionResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.has_error_response());
  server_->Shutdown(absl::Hours(1));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ControlServerTest, PingsAreFine) {
  Start();
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  server_->Serve(base::UniqueFd(fds[1]), PeerKind::kUnix);
  base::UniqueFd client(fds[0]);
  const std::string preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  const std::string ping("\0\0\10\6\0\0\0\0\0abcdefgh", 17);
  std::string sent = preface;
  for (int i = 0; i < 20; ++i) sent += ping;
  ASSERT_EQ(write(client.get(), sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
  // An acknowledgement of each, and no GOAWAY (type 7).
  std::string got;
  int acknowledged = 0;
  while (acknowledged < 20) {
    ASSERT_TRUE(base::WaitReadable({client.get()}, absl::Seconds(60)).has_value());
    char buffer[4096];
    const ssize_t size = read(client.get(), buffer, sizeof buffer);
    ASSERT_GT(size, 0);
    got.append(buffer, static_cast<size_t>(size));
    while (got.size() >= 9) {
      const size_t length =
          static_cast<unsigned char>(got[1]) * 256u + static_cast<unsigned char>(got[2]);
      if (got.size() < 9 + length) break;
      ASSERT_NE(got[3], 7);
      if (got[3] == 6) ++acknowledged;
      got.erase(0, 9 + length);
    }
  }
}

}  // namespace
}  // namespace holon::control
