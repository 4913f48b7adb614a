#include "runtime/control/runtime_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/control/access.h"
#include "runtime/control/errors.h"
#include "runtime/control/peer_text.h"
#include "tests/unit/control/fake_host.h"

namespace holon::control {
namespace {

// A reply that keeps the answer.
template <typename Response>
struct Kept {
  grpc::Status status{grpc::StatusCode::UNKNOWN, "not answered"};
  Response response;
  Reply<Response> reply(const std::string& peer = "") {
    return Reply<Response>(
        [this](grpc::Status answer, Response with) {
          status = std::move(answer);
          response = std::move(with);
        },
        peer);
  }
};

class RuntimeControlTest : public testing::Test {
 protected:
  grpc::Status Shutdown() {
    order_ = control_.Shutdown(request_, shutdown_.reply("tcp 1"));
    return shutdown_.status;
  }
  grpc::Status Reload() {
    Kept<v1::ReloadResponse> reloaded;
    control_.Reload({}, reloaded.reply());
    return reloaded.status;
  }

  RuntimeModel model_{Self()};
  FakeHost host_;
  RuntimeControl control_{model_, host_};
  v1::ShutdownRequest request_;
  Kept<v1::ShutdownResponse> shutdown_;
  absl::AnyInvocable<void()> order_;
};

TEST_F(RuntimeControlTest, MakesPermanentOnlyWhatIsMeantAndDoesNotDrain) {
  Kept<v1::MakePermanentResponse> kept;
  v1::MakePermanentRequest request;
  request.set_expected_instance_id("another");
  control_.MakePermanent(request, kept.reply());
  EXPECT_EQ(ReasonOf(kept.status), kGenerationMismatch);
  request.set_expected_instance_id("me");
  control_.MakePermanent(request, kept.reply());
  EXPECT_TRUE(kept.status.ok());
  EXPECT_EQ(host_.made_permanent, 1);
  model_.BeginDraining();
  control_.MakePermanent(request, kept.reply());
  EXPECT_EQ(ReasonOf(kept.status), kDraining);
  EXPECT_EQ(host_.made_permanent, 1);
}

TEST_F(RuntimeControlTest, AnswersAShutdownBeforeItBegins) {
  request_.set_expected_instance_id("me");
  request_.set_reason("why\nnot \x1b[31m\xff");
  request_.mutable_caller()->set_command(std::string("\x9b\r") + std::string(5000, 'x'));
  request_.mutable_drain_deadline()->set_seconds(3);
  ASSERT_TRUE(Shutdown().ok());
  EXPECT_TRUE(shutdown_.response.shutdown_requested());
  EXPECT_EQ(shutdown_.response.pid(), 7);
  EXPECT_TRUE(host_.orders.empty());
  order_();
  ASSERT_EQ(host_.orders.size(), 1u);
  const ShutdownOrder& order = host_.orders[0];
  EXPECT_EQ(order.reason, "why?not ?[31m?") << "one printable line";
  EXPECT_EQ(order.caller.substr(0, 12), "pid 0: ??xxx");
  EXPECT_LE(order.caller.size(), 1024u);
  EXPECT_EQ(order.drain, absl::Seconds(3));
  EXPECT_EQ(order.seen, "tcp 1");
}

TEST_F(RuntimeControlTest, EachCallCarriesOutItsOwnOrder) {
  std::vector<absl::AnyInvocable<void()>> orders;
  for (int seconds : {1, 3600}) {
    request_.mutable_drain_deadline()->set_seconds(seconds);
    ASSERT_TRUE(Shutdown().ok());
    orders.push_back(std::move(order_));
  }
  for (auto& order : orders) order();
  ASSERT_EQ(host_.orders.size(), 2u);
  EXPECT_EQ(host_.orders[0].drain, absl::Seconds(1));
  EXPECT_EQ(host_.orders[1].drain, absl::Hours(1));
}

TEST_F(RuntimeControlTest, StopsNoOtherGeneration) {
  request_.set_expected_instance_id("another\n" + std::string(100000, 'x'));
  grpc::Status status = Shutdown();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), kGenerationMismatch);
  EXPECT_LT(status.error_message().size() + status.error_details().size(), 1000u);
  EXPECT_FALSE(order_);
  EXPECT_TRUE(host_.orders.empty());
}

TEST_F(RuntimeControlTest, RefusesWhatIsOutOfBounds) {
  request_.set_reason(std::string(1025, 'x'));
  EXPECT_EQ(ReasonOf(Shutdown()), kInvalidArgument);
  request_.set_reason("");
  for (int64_t seconds : {int64_t{-1}, int64_t{3601}}) {
    request_.mutable_drain_deadline()->set_seconds(seconds);
    EXPECT_EQ(ReasonOf(Shutdown()), kInvalidArgument) << seconds;
    EXPECT_FALSE(order_);
  }
  Kept<v1::CompareConfigResponse> compared;
  control_.CompareConfig({}, compared.reply());
  EXPECT_EQ(ReasonOf(compared.status), kInvalidArgument);
}

TEST_F(RuntimeControlTest, ReloadsNothingWhileDraining) {
  EXPECT_TRUE(Reload().ok());
  model_.BeginDraining();
  EXPECT_EQ(ReasonOf(Reload()), kDraining);
  EXPECT_EQ(host_.reloads, 1);
}

TEST_F(RuntimeControlTest, WatchersHearTheEnd) {
  EXPECT_FALSE(control_.Watch(nullptr).last());
  model_.BeginDraining();
  EXPECT_TRUE(control_.Watch(nullptr).last());
}

TEST(RuntimeModelTest, APhaseOnlyGoesForward) {
  RuntimeModel model(Self());
  int changes = 0;
  model.OnChange([&] { ++changes; });
  EXPECT_EQ(model.phase(), v1::PHASE_STARTING);
  EXPECT_FALSE(model.Status().healthy());
  model.BecomeReady();
  EXPECT_TRUE(model.Readiness().healthy());
  model.SetDegraded("log", "disk full");
  EXPECT_FALSE(model.Readiness().healthy());
  model.BeginDraining();
  model.BecomeReady();
  EXPECT_EQ(model.phase(), v1::PHASE_DRAINING);
  EXPECT_EQ(changes, 3) << "what changes nothing is no news";
}

TEST(RuntimeModelTest, IsHealthyAgainWhenTheLastCauseIsGone) {
  RuntimeModel model(Self());
  model.BecomeReady();
  int changes = 0;
  model.OnChange([&] { ++changes; });
  model.SetDegraded("log", "disk full");
  model.SetDegraded("heal", "no inotify");
  model.SetDegraded("log", "disk full");
  EXPECT_EQ(changes, 2);
  EXPECT_THAT(model.Status().degraded(), testing::ElementsAre("no inotify", "disk full"));
  model.SetDegraded("log", "");
  EXPECT_FALSE(model.Readiness().healthy());
  model.SetDegraded("heal", "");
  EXPECT_TRUE(model.Readiness().healthy());
  EXPECT_THAT(model.Status().degraded(), testing::IsEmpty());
}

TEST(RuntimeModelTest, TheBytesSayWhatTheStatusSays) {
  RuntimeModel model(Self());
  auto read = [&] {
    v1::RuntimeStatusResponse status;
    EXPECT_TRUE(status.ParseFromString(model.SerializedStatus()));
    return status.SerializeAsString();
  };
  EXPECT_EQ(read(), model.Status().SerializeAsString());
  model.BecomeReady();
  EXPECT_EQ(read(), model.Status().SerializeAsString());
  model.Count([](v1::Counters* counters) { counters->set_connections_accepted(7); });
  EXPECT_EQ(read(), model.Status().SerializeAsString());
}

TEST(RuntimeModelTest, OnlyAChangeIsNews) {
  RuntimeModel model(Self());
  int changes = 0;
  model.OnChange([&] { ++changes; });
  uint64_t revision = 0;
  model.Status(&revision);
  EXPECT_GE(revision, 1u);
  model.SetStartup("reading state", 0, 0);
  EXPECT_EQ(model.revision(), revision + 1);
  model.SetStartup("reading state", 0, 0);
  model.Count([](v1::Counters* counters) { counters->set_reloads(2); });
  EXPECT_EQ(model.revision(), revision + 1);
  EXPECT_EQ(changes, 1);
}

TEST(ReplyTest, AnswersOnceAndUnavailableWhereNobodyDid) {
  using Status = grpc::StatusCode;
  std::vector<Status> answers;
  auto make = [&] {
    return Reply<v1::ReloadResponse>([&](const grpc::Status& status, const v1::ReloadResponse&) {
      answers.push_back(status.error_code());
    });
  };
  {
    Reply<v1::ReloadResponse> reply = make();
    Reply<v1::ReloadResponse> moved = std::move(reply);
    moved(grpc::Status::OK);
    moved(grpc::Status::CANCELLED);
  }
  EXPECT_THAT(answers, testing::ElementsAre(Status::OK));
  { Reply<v1::ReloadResponse> dropped = make(); }
  EXPECT_THAT(answers, testing::ElementsAre(Status::OK, Status::UNAVAILABLE));
  {
    Reply<v1::ReloadResponse> reply = make();
    reply = make();  // The first one is dropped with what was moved from.
  }
  EXPECT_EQ(answers.size(), 4u);
}

TEST(AccessTest, OnlyTheWholeTokenIsAllowed) {
  const Access access = Access::WithToken("Sesame");
  EXPECT_TRUE(access.Allows("Bearer Sesame"));
  for (const char* shown : {"", "Bearer", "Bearer ", "Bearer Sesam", "Bearer Sesame ", "Sesame",
                            "Bearer SesameSesame", "bearer Sesame"}) {
    EXPECT_FALSE(access.Allows(shown)) << shown;
  }
  const Access later = Access::WithTokenLater();
  const Access copy = later;
  EXPECT_FALSE(copy.Allows("Bearer Sesame"));
  later.SetToken("Sesame");
  EXPECT_TRUE(copy.Allows("Bearer Sesame"));
  EXPECT_TRUE(Access::Open().Allows(""));
}

TEST(PeerTextTest, NamesATcpCallerAsPeopleDo) {
  EXPECT_EQ(TcpPeerText("ipv4:127.0.0.1:4711"), "tcp 127.0.0.1:4711");
  EXPECT_EQ(TcpPeerText("ipv6:%5B::1%5D:4711"), "tcp [::1]:4711");
}

}  // namespace
}  // namespace holon::control
