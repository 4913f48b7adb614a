#include "ctl/lifecycle/decisions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

TEST(DecisionsTest, AComparisonThatCannotBeMadeIsNeverTheSame) {
  EXPECT_NE(DecideStart(Verdict::kRunning, M::kUnknown), StartStep::kDone);
  EXPECT_NE(DecideEnsure(Verdict::kRunning, M::kUnknown), EnsureStep::kNothing);
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
}

}  // namespace
}  // namespace holon::ctl
