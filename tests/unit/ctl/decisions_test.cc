#include "ctl/lifecycle/decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace holon::ctl {
namespace {

using probe::Verdict;
using M = ConfigMatch;

TEST(DecisionsTest, FollowTheTable) {
  struct Row {
    Verdict verdict;
    ConfigMatch match;
    StartStep start;
    StopDecision stop;
    EnsureStep ensure;
  };
  using S = StartStep;
  using P = StopDecision;
  using E = EnsureStep;
  for (const Row& row : std::vector<Row>{
           {Verdict::kRunning, M::kSame, S::kDone, P::kEscalate, E::kNothing},
           {Verdict::kRunning, M::kOnlyHot, S::kRefuseDiffers, P::kEscalate, E::kReload},
           {Verdict::kRunning, M::kDiffers, S::kRefuseDiffers, P::kEscalate, E::kRestart},
           {Verdict::kRunning, M::kUnknown, S::kRefuseUncompared, P::kEscalate,
            E::kRefuseUncompared},
           {Verdict::kStarting, M::kSame, S::kJoin, P::kEscalate, E::kWait},
           {Verdict::kStopping, M::kSame, S::kAwaitEnd, P::kEscalate, E::kWait},
           {Verdict::kUnresponsive, M::kUnknown, S::kRefuseUnknown, P::kEscalate, E::kRestart},
           {Verdict::kIncompatible, M::kUnknown, S::kRefuseUnknown, P::kNeedsForce, E::kRefuse},
           {Verdict::kForeign, M::kUnknown, S::kRefuseUnknown, P::kRefuse, E::kRefuse},
           {Verdict::kStale, M::kUnknown, S::kSpawn, P::kClean, E::kStart},
           {Verdict::kStopped, M::kUnknown, S::kSpawn, P::kNothing, E::kStart},
       }) {
    SCOPED_TRACE(std::string(probe::VerdictName(row.verdict)));
    EXPECT_EQ(DecideStart(row.verdict, row.match), row.start);
    EXPECT_EQ(DecideStop(row.verdict, /*force=*/false), row.stop);
    EXPECT_EQ(DecideEnsure(row.verdict, row.match), row.ensure);
  }
}

TEST(DecisionsTest, ForceStopsTheIncompatibleAndNeverTheForeign) {
  EXPECT_EQ(DecideStop(Verdict::kIncompatible, true), StopDecision::kEscalate);
  EXPECT_EQ(DecideStop(Verdict::kForeign, true), StopDecision::kRefuse);
}

TEST(DecisionsTest, AStopDoesNotWaitForAStart) {
  EXPECT_TRUE(MayStopBeside("start", Verdict::kStarting));
  EXPECT_TRUE(MayStopBeside("ensure", Verdict::kUnresponsive));
  EXPECT_FALSE(MayStopBeside("start", Verdict::kStopped)) << "there is nothing to stop yet";
  EXPECT_FALSE(MayStopBeside("stop", Verdict::kStopping));
  EXPECT_FALSE(MayStopBeside("cleanup", Verdict::kRunning)) << "it removes what stop looks at";
  EXPECT_FALSE(MayStopBeside("", Verdict::kRunning)) << "whoever holds it may do anything";
}

TEST(DecisionsTest, ARefusedShutdownIsNoReasonToSignal) {
  using grpc::StatusCode;
  for (const auto& [code, judged] : std::vector<std::pair<StatusCode, absl::StatusCode>>{
           {StatusCode::INVALID_ARGUMENT, absl::StatusCode::kInvalidArgument},
           {StatusCode::OUT_OF_RANGE, absl::StatusCode::kInvalidArgument},
           {StatusCode::FAILED_PRECONDITION, absl::StatusCode::kFailedPrecondition},
           {StatusCode::UNAUTHENTICATED, absl::StatusCode::kPermissionDenied},
           {StatusCode::PERMISSION_DENIED, absl::StatusCode::kPermissionDenied},
           {StatusCode::UNAVAILABLE, absl::StatusCode::kUnavailable},
           {StatusCode::DEADLINE_EXCEEDED, absl::StatusCode::kUnavailable},
           {StatusCode::RESOURCE_EXHAUSTED, absl::StatusCode::kUnavailable},
           {StatusCode::UNIMPLEMENTED, absl::StatusCode::kUnavailable},
       }) {
    const absl::Status status = JudgeShutdownError({code, "the words of the runtime"});
    EXPECT_EQ(status.code(), judged) << code;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("the words of the runtime"));
  }
}

TEST(DecisionsTest, AnotherGenerationIsLookedAtAgain) {
  google::rpc::ErrorInfo info;
  info.set_reason("GENERATION_MISMATCH");
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  const grpc::Status mismatch(grpc::StatusCode::FAILED_PRECONDITION, "another",
                              details.SerializeAsString());
  EXPECT_TRUE(absl::IsAborted(JudgeShutdownError(mismatch)));
}

}  // namespace
}  // namespace holon::ctl
