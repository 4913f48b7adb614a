#include "runtime/daemon/drain_steps.h"

#include <gtest/gtest.h>

namespace holon::daemon {
namespace {

TEST(DrainStepsTest, Table) {
  using S = DrainState;
  using E = DrainEvent;
  using A = DrainAction;
  const struct {
    const char* what;
    S state;
    E event;
    S next;
    A action;
  } rows[] = {
      {"asked to end", S::kServing, E::kOrder, S::kDraining, A::kBegin},
      {"signalled", S::kServing, E::kSignal, S::kSignalled, A::kBegin},
      {"no drain, no deadline", S::kServing, E::kDeadline, S::kServing, A::kNone},
      {"asked again", S::kDraining, E::kOrder, S::kDraining, A::kNone},
      {"SIGTERM after Shutdown is the first", S::kDraining, E::kSignal, S::kSignalled, A::kNone},
      {"hangs", S::kDraining, E::kDeadline, S::kDraining, A::kEndHung},
      {"Shutdown after SIGTERM", S::kSignalled, E::kOrder, S::kSignalled, A::kNone},
      {"the second signal", S::kSignalled, E::kSignal, S::kSignalled, A::kEndAtOnce},
      {"hangs after a signal", S::kSignalled, E::kDeadline, S::kSignalled, A::kEndHung},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    const DrainStep step = NextDrainStep(row.state, row.event);
    EXPECT_EQ(step.next, row.next);
    EXPECT_EQ(step.action, row.action);
  }
}

}  // namespace
}  // namespace holon::daemon
