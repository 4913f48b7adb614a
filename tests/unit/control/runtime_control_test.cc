#include "runtime/control/runtime_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "runtime/control/access.h"
#include "runtime/control/errors.h"
#include "tests/unit/control/fake_host.h"

namespace holon::control {
namespace {

class RuntimeControlTest : public testing::Test {
 protected:
  RuntimeModel model_{Self()};
  FakeHost host_;
  RuntimeControl control_{model_, host_};
  v1::ShutdownRequest request_;
  v1::ShutdownResponse response_;
};

TEST_F(RuntimeControlTest, AnswersAShutdownBeforeItBegins) {
  request_.set_expected_instance_id("me");
  request_.set_reason("why\nnot");
  request_.mutable_drain_deadline()->set_seconds(3);
  ASSERT_TRUE(control_.Shutdown(request_, &response_).ok());
  EXPECT_TRUE(response_.shutdown_requested());
  EXPECT_EQ(response_.pid(), 7);
  EXPECT_TRUE(host_.orders.empty());
  control_.BeginShutdown();
  ASSERT_EQ(host_.orders.size(), 1u);
  EXPECT_EQ(host_.orders[0].reason, "why not") << "one line in the log";
  EXPECT_EQ(host_.orders[0].drain, absl::Seconds(3));
}

TEST_F(RuntimeControlTest, AskingTwiceIsFine) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(control_.Shutdown(request_, &response_).ok());
    control_.BeginShutdown();
  }
  EXPECT_EQ(host_.orders.size(), 2u);
}

TEST_F(RuntimeControlTest, StopsNoOtherGeneration) {
  request_.set_expected_instance_id("somebody else");
  grpc::Status status = control_.Shutdown(request_, &response_);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), kGenerationMismatch);
  control_.BeginShutdown();
  EXPECT_TRUE(host_.orders.empty());
}

TEST_F(RuntimeControlTest, RefusesWhatIsOutOfBounds) {
  request_.set_reason(std::string(1025, 'x'));
  EXPECT_EQ(ReasonOf(control_.Shutdown(request_, &response_)), kInvalidArgument);
  request_.set_reason("");
  for (int64_t seconds : {int64_t{-1}, int64_t{3601}}) {
    request_.mutable_drain_deadline()->set_seconds(seconds);
    EXPECT_EQ(ReasonOf(control_.Shutdown(request_, &response_)), kInvalidArgument) << seconds;
  }
  v1::CompareConfigResponse compared;
  EXPECT_EQ(ReasonOf(control_.CompareConfig({}, &compared)), kInvalidArgument);
}

TEST_F(RuntimeControlTest, ReloadsNothingWhileDraining) {
  v1::ReloadResponse reloaded;
  EXPECT_TRUE(control_.Reload({}, &reloaded).ok());
  model_.BeginDraining();
  EXPECT_EQ(ReasonOf(control_.Reload({}, &reloaded)), kDraining);
  EXPECT_EQ(host_.reloads, 1);
}

TEST_F(RuntimeControlTest, WatchersHearTheEnd) {
  EXPECT_FALSE(control_.Watch().last());
  model_.BeginDraining();
  EXPECT_TRUE(control_.Watch().last());
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
  EXPECT_EQ(changes, 4);
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

TEST(AccessTest, AutoAsksForATokenOffLoopback) {
  for (const auto& [address, mode, required] :
       std::vector<std::tuple<std::string, v1::ControlAuthMode, bool>>{
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_AUTO, false},
           {"[::1]:1", v1::CONTROL_AUTH_MODE_AUTO, false},
           {"LOCALHOST:1", v1::CONTROL_AUTH_MODE_AUTO, false},
           {"127.example.org:1", v1::CONTROL_AUTH_MODE_AUTO, true},
           {"0.0.0.0:1", v1::CONTROL_AUTH_MODE_AUTO, true},
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_REQUIRED, true},
           {"0.0.0.0:1", v1::CONTROL_AUTH_MODE_DISABLED, false}}) {
    v1::EffectiveConfig config;
    config.set_control_addr(address);
    config.set_control_auth_mode(mode);
    EXPECT_EQ(Access(config).token_required(), required) << address;
  }
}

}  // namespace
}  // namespace holon::control
