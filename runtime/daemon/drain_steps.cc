#include "runtime/daemon/drain_steps.h"

namespace holon::daemon {

DrainStep NextDrainStep(DrainState state, DrainEvent event) {
  const bool serving = state == DrainState::kServing;
  switch (event) {
    case DrainEvent::kOrder:
      return {serving ? DrainState::kDraining : state,
              serving ? DrainAction::kBegin : DrainAction::kNone};
    case DrainEvent::kSignal:
      if (state == DrainState::kSignalled) return {state, DrainAction::kEndAtOnce};
      return {DrainState::kSignalled, serving ? DrainAction::kBegin : DrainAction::kNone};
    case DrainEvent::kDeadline:
      return {state, serving ? DrainAction::kNone : DrainAction::kEndHung};
  }
  return {state, DrainAction::kNone};
}

}  // namespace holon::daemon
