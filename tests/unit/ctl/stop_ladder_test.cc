#include "ctl/lifecycle/stop_ladder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ctl/lifecycle/start_progress.h"

namespace holon::ctl {
namespace {

// Only moves when it is told to.
class FakeClock final : public base::Clock {
 public:
  absl::Time Now() override { return absl::UnixEpoch() + now_; }
  absl::Duration Uptime() override { return now_; }
  void Advance(absl::Duration by) { now_ += by; }

 private:
  absl::Duration now_;
};

// A process that dies of what it is told to die of.
class FakeProcess final : public StopTarget {
 public:
  enum class DiesOf { kShutdown, kTerm, kKill, kNothing };

  FakeProcess(FakeClock& clock, DiesOf dies_of) : clock_(clock), dies_of_(dies_of) {}

  absl::StatusOr<std::string> RequestShutdown() override {
    if (!alive) return absl::NotFoundError("ended by itself");
    if (mute) return absl::UnavailableError("no answer");
    if (!refusal.ok()) return refusal;
    alive = alive && dies_of_ != DiesOf::kShutdown;
    return std::string("accepted");
  }
  absl::Status Terminate() override { return Signal("TERM", DiesOf::kTerm); }
  absl::Status Kill() override { return Signal("KILL", DiesOf::kKill); }
  absl::Status AwaitExit(absl::Duration timeout, const std::string&) override {
    if (interrupt) return absl::CancelledError("interrupted");
    if (!alive) return absl::OkStatus();
    clock_.Advance(timeout);
    return absl::DeadlineExceededError("alive");
  }
  absl::StatusOr<std::string> Verify() override {
    if (alive) return absl::InternalError("alive");
    verified = true;
    return std::string("gone");
  }
  std::string Name() const override { return "pid 7"; }

  bool mute = false;
  absl::Status refusal;
  absl::Status unproven;
  bool denied = false;
  bool interrupt = false;
  bool alive = true;
  bool verified = false;
  std::vector<std::string> signals;

 private:
  absl::Status Signal(const std::string& name, DiesOf kind) {
    if (!unproven.ok()) return unproven;
    if (denied) return absl::PermissionDeniedError("not permitted");
    if (!alive) return absl::NotFoundError("gone");
    signals.push_back(name);
    alive = dies_of_ != kind;
    return absl::OkStatus();
  }

  FakeClock& clock_;
  DiesOf dies_of_;
};

class StopLadderTest : public testing::Test {
 protected:
  std::string Steps() const {
    std::string steps;
    for (const Receipt& receipt : receipts_.all()) {
      steps += (steps.empty() ? "" : " ") + receipt.step + ":" + receipt.outcome;
    }
    return steps;
  }

  FakeClock clock_;
  Receipts receipts_{clock_};
  const base::StopLadder ladder_{absl::Seconds(10), absl::Seconds(5), absl::Seconds(3)};
};

TEST_F(StopLadderTest, AskingIsEnough) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kShutdown);
  EXPECT_EQ(Descend(process, ladder_, true, &receipts_).action, "stopped");
  EXPECT_EQ(Steps(), "shutdown_rpc:done drain:done verify:done");
  EXPECT_TRUE(process.signals.empty());
}

TEST_F(StopLadderTest, EscalatesToSigkill) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kKill);
  EXPECT_TRUE(Descend(process, ladder_, true, &receipts_).ok());
  EXPECT_EQ(Steps(),
            "shutdown_rpc:done drain:timed_out sigterm:timed_out sigkill:done verify:done");
  EXPECT_EQ(receipts_.all()[1].duration, absl::Seconds(10));
  EXPECT_EQ(receipts_.all()[2].duration, absl::Seconds(5));
  EXPECT_TRUE(process.verified);
}

TEST_F(StopLadderTest, SignalsAtOnceWhatDoesNotAnswer) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kTerm);
  EXPECT_TRUE(Descend(process, ladder_, false, &receipts_).ok());
  EXPECT_EQ(Steps(), "sigterm:done verify:done");
}

TEST_F(StopLadderTest, GoesOnWhereAskingFails) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kTerm);
  process.mute = true;
  EXPECT_TRUE(Descend(process, ladder_, true, &receipts_).ok());
  EXPECT_EQ(Steps(), "shutdown_rpc:failed sigterm:done verify:done");
}

TEST_F(StopLadderTest, WhatEndsByItselfBeforeItIsAskedHasStopped) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kNothing);
  process.alive = false;
  EXPECT_EQ(Descend(process, ladder_, true, &receipts_).action, "stopped");
  EXPECT_EQ(Steps(), "shutdown_rpc:done drain:done verify:done");
  EXPECT_TRUE(process.verified);
}

TEST_F(StopLadderTest, AnotherGenerationIsNotSignalled) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kTerm);
  process.unproven = absl::AbortedError("another generation");
  EXPECT_EQ(Descend(process, ladder_, false, &receipts_).reason, kOtherGeneration);
  EXPECT_TRUE(process.alive);
}

TEST_F(StopLadderTest, ARefusalIsNoReasonToSignal) {
  struct Row {
    absl::Status refusal;
    base::ExitCode exit_code;
    const char* reason;
  };
  for (const Row& row :
       {Row{absl::InvalidArgumentError("2 h"), base::ExitCode::kUsage, "REFUSED"},
        Row{absl::AbortedError("another generation"), base::ExitCode::kFailed, kOtherGeneration},
        Row{absl::PermissionDeniedError("no token"), base::ExitCode::kPermissionDenied,
            "PERMISSION_DENIED"},
        Row{absl::FailedPreconditionError("no"), base::ExitCode::kFailed, "REFUSED"}}) {
    SCOPED_TRACE(row.refusal);
    FakeProcess process(clock_, FakeProcess::DiesOf::kTerm);
    process.refusal = row.refusal;
    Receipts receipts(clock_);
    Outcome outcome = Descend(process, ladder_, true, &receipts);
    EXPECT_EQ(outcome.exit_code, row.exit_code);
    EXPECT_EQ(outcome.reason, row.reason);
    EXPECT_TRUE(process.signals.empty());
    EXPECT_FALSE(process.verified);
    ASSERT_EQ(receipts.all().size(), 1u);
    EXPECT_EQ(receipts.all()[0].outcome, "refused");
  }
}

TEST_F(StopLadderTest, ASurvivorIsAnErrorAndNothingIsVerified) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kNothing);
  Outcome outcome = Descend(process, ladder_, true, &receipts_);
  EXPECT_EQ(outcome.reason, "SURVIVED");
  EXPECT_EQ(outcome.exit_code, base::ExitCode::kFailed);
  EXPECT_FALSE(process.verified);
}

TEST_F(StopLadderTest, PermissionDeniedIsNoSuccess) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kTerm);
  process.denied = true;
  Outcome outcome = Descend(process, ladder_, false, &receipts_);
  EXPECT_EQ(outcome.exit_code, base::ExitCode::kPermissionDenied);
  EXPECT_TRUE(process.alive);
}

TEST_F(StopLadderTest, AnInterruptEndsTheLadderThere) {
  FakeProcess process(clock_, FakeProcess::DiesOf::kKill);
  process.interrupt = true;
  EXPECT_EQ(Descend(process, ladder_, true, &receipts_).exit_code, base::ExitCode::kInterrupted);
  EXPECT_TRUE(process.signals.empty());
}

TEST_F(StopLadderTest, APlanIsOnlyAPlan) {
  Plan(ladder_, true, "pid 7", "", &receipts_);
  EXPECT_EQ(Steps(),
            "shutdown_rpc:planned drain:planned sigterm:planned sigkill:planned verify:planned");
}

TEST_F(StopLadderTest, APlanPromisesNoSignalWithoutProof) {
  Plan(ladder_, true, "generation g", "the record names no process", &receipts_);
  EXPECT_EQ(Steps(), "shutdown_rpc:planned drain:planned sigterm:planned verify:planned");
  const std::string evidence = receipts_.all()[2].evidence;
  EXPECT_NE(evidence.find("would send no signal"), std::string::npos) << evidence;
  EXPECT_NE(evidence.find("the record names no process"), std::string::npos) << evidence;
}

base::Notification Status(const std::string& text) {
  base::Notification notification;
  notification.status = text;
  return notification;
}

TEST(StartProgressTest, PatienceCountsFromTheLastProgress) {
  StartProgress progress(absl::ZeroDuration(), absl::Seconds(10), absl::Minutes(10));
  EXPECT_EQ(progress.GiveUpAt(), absl::Seconds(10));
  progress.On(Status("1 of 3"), absl::Seconds(8));
  EXPECT_EQ(progress.GiveUpAt(), absl::Seconds(18));
  progress.On(Status("1 of 3"), absl::Seconds(12));
  EXPECT_EQ(progress.GiveUpAt(), absl::Seconds(18)) << "the same words are no progress";
  base::Notification extend;
  extend.extended_timeout = absl::Seconds(60);
  progress.On(extend, absl::Seconds(15));
  EXPECT_EQ(progress.GiveUpAt(), absl::Seconds(75));
  EXPECT_FALSE(progress.ready());
}

TEST(StartProgressTest, TheCapStandsWhateverProgressThereIs) {
  StartProgress progress(absl::ZeroDuration(), absl::Seconds(10), absl::Seconds(12));
  progress.On(Status("a"), absl::Seconds(9));
  EXPECT_EQ(progress.GiveUpAt(), absl::Seconds(12));
}

TEST(StartProgressTest, RemembersReadyAndStopping) {
  StartProgress progress(absl::ZeroDuration(), absl::Seconds(10), absl::Seconds(12));
  progress.On(base::ParseNotification("READY=1\nSTATUS=ready"), absl::Seconds(1));
  EXPECT_TRUE(progress.ready());
  progress.On(base::ParseNotification("STOPPING=1"), absl::Seconds(2));
  EXPECT_TRUE(progress.stopping());
  EXPECT_EQ(progress.status(), "ready");
}

}  // namespace
}  // namespace holon::ctl
