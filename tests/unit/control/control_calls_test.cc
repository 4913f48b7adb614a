// Who may call the server, how many at a time, and answers that come later.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/create_channel_posix.h"
#include "runtime/base/thread.h"
#include "runtime/base/wait.h"
#include "runtime/control/control_server.h"
#include "runtime/control/errors.h"
#include "tests/unit/control/served_test.h"

namespace holon::control {
namespace {

using ControlCallsTest = ServedTest;

// Calls on connections that came by TCP, as the acceptor says: here they are socket pairs, too, so
// nothing about the connection itself can be what decides.
class ControlPortTest : public ServedTest {
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
  // Each way has a thread of its own, and an order is given after its answer: any may be first.
  std::vector<std::string> seen;
  for (const auto& order : host_.orders) seen.push_back(order.seen);
  EXPECT_THAT(seen, testing::UnorderedElementsAre(host_.UnixPeers(), testing::StartsWith("tcp ")));
  EXPECT_THAT(host_.proven, testing::ElementsAre(testing::StartsWith("tcp ")))
      << "without the Unix caller";
}

TEST_F(ControlCallsTest, WithoutControlAddrNoTcpConnectionIsServed) {
  server_ = std::make_unique<ControlServer>(model_, host_, std::nullopt);
  ASSERT_TRUE(server_->Start().ok());
  EXPECT_EQ(Ask(Connect(PeerKind::kTcp), "").error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Ask(Connect(), "").ok());
}

TEST_F(ControlCallsTest, ADisabledTokenOpensThePort) {
  Start();
  EXPECT_TRUE(Ask(Connect(PeerKind::kTcp), "").ok());
}

TEST_F(ControlCallsTest, TwoServersLiveInOneProcess) {
  Start();
  FakeHost other_host;
  RuntimeModel other_model(Self());
  ControlServer other(other_model, other_host, std::nullopt);
  ASSERT_TRUE(other.Start().ok());
  EXPECT_EQ(Status(Connect()).instance_id(), "me");
  other.Shutdown(absl::ZeroDuration());
  EXPECT_EQ(Status(Connect()).instance_id(), "me");
}

TEST_F(ControlCallsTest, AServerThatNeverStartedEndsAndServesNothing) {
  server_ = std::make_unique<ControlServer>(model_, host_, std::nullopt);
  server_->Publish();
  EXPECT_EQ(Ask(Connect(), "").error_code(), grpc::StatusCode::UNAVAILABLE);
  server_.reset();
}

TEST_F(ControlCallsTest, AConnectionAfterTheEndIsClosed) {
  Start();
  Stop();
  EXPECT_EQ(Ask(Connect(), "").error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ControlCallsTest, AnAnswerMayComeLaterAndKeepsNobodyWaiting) {
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

TEST_F(ControlCallsTest, AReplyThatIsDroppedOrOutlivesTheServerIsUnavailable) {
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

TEST_F(ControlCallsTest, DeferredCallsAreBoundedAndOthersAreAnsweredAllTheSame) {
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

TEST_F(ControlCallsTest, StreamsAreBounded) {
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

TEST_F(ControlCallsTest, AWatchEndsWithItsLastMessageAlsoWhenTheServerEndsAtOnce) {
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

TEST_F(ControlCallsTest, ReflectionAnswersUnderBothNamesAndEndsWithItsClient) {
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

TEST_F(ControlCallsTest, AShutdownEndsAnIdleReflection) {
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

TEST_F(ControlCallsTest, PingsAreFine) {
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
