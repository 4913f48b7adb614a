// What the server answers, and how its streams go.
#include "runtime/control/control_server.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/control/served_test.h"

namespace holon::control {
namespace {

using ControlServerTest = ServedTest;

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

}  // namespace
}  // namespace holon::control
