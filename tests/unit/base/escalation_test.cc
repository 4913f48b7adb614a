#include "runtime/base/escalation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holon::base {
namespace {

TEST(EscalationTest, AsksFirstOnlyWhereThereIsAnAnswer) {
  EXPECT_EQ(FirstStopStep(true), StopStep::kShutdownRpc);
  EXPECT_EQ(FirstStopStep(false), StopStep::kSigterm);
}

TEST(EscalationTest, GoesStepByStep) {
  struct Row {
    StopStep current;
    StepOutcome outcome;
    StopStep next;
  };
  using S = StopStep;
  using O = StepOutcome;
  for (const Row& row : std::vector<Row>{
           {S::kShutdownRpc, O::kDone, S::kDrain},
           {S::kShutdownRpc, O::kFailed, S::kSigterm},
           {S::kDrain, O::kDone, S::kVerify},
           {S::kDrain, O::kTimedOut, S::kSigterm},
           {S::kSigterm, O::kDone, S::kVerify},
           {S::kSigterm, O::kTimedOut, S::kSigkill},
           {S::kSigterm, O::kFailed, S::kSurvived},
           {S::kSigkill, O::kDone, S::kVerify},
           {S::kSigkill, O::kTimedOut, S::kSurvived},
           {S::kSigkill, O::kFailed, S::kSurvived},
           {S::kVerify, O::kDone, S::kStopped},
           {S::kVerify, O::kFailed, S::kSurvived},
           {S::kStopped, O::kDone, S::kStopped},
           {S::kSurvived, O::kDone, S::kSurvived},
       }) {
    SCOPED_TRACE(std::string(StopStepName(row.current)) + " " +
                 std::string(StepOutcomeName(row.outcome)));
    EXPECT_EQ(StopStepName(NextStopStep(row.current, row.outcome)), StopStepName(row.next));
  }
}

TEST(EscalationTest, PlansTheWorstCase) {
  using S = StopStep;
  EXPECT_EQ(WorstCase(true), (std::vector<StopStep>{S::kShutdownRpc, S::kDrain, S::kSigterm,
                                                    S::kSigkill, S::kVerify}));
  EXPECT_EQ(WorstCase(false), (std::vector<StopStep>{S::kSigterm, S::kSigkill, S::kVerify}));
}

TEST(EscalationTest, WaitsOnlyForExits) {
  StopLadder ladder{absl::Seconds(1), absl::Seconds(2), absl::Seconds(3)};
  EXPECT_EQ(WaitOf(ladder, StopStep::kShutdownRpc), absl::ZeroDuration());
  EXPECT_EQ(WaitOf(ladder, StopStep::kDrain), absl::Seconds(1));
  EXPECT_EQ(WaitOf(ladder, StopStep::kSigterm), absl::Seconds(2));
  EXPECT_EQ(WaitOf(ladder, StopStep::kSigkill), absl::Seconds(3));
  EXPECT_EQ(WaitOf(ladder, StopStep::kVerify), absl::ZeroDuration());
}

}  // namespace
}  // namespace holon::base
