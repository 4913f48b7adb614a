#ifndef HOLON_RUNTIME_DAEMON_DRAIN_STEPS_H_
#define HOLON_RUNTIME_DAEMON_DRAIN_STEPS_H_

namespace holon::daemon {

// How far a runtime is with its end.
enum class DrainState {
  kServing,
  kDraining,   // A caller or the runtime itself has asked for it; no signal yet.
  kSignalled,  // SIGTERM, SIGINT or a hang-up has asked for it, first or meanwhile.
};

enum class DrainEvent {
  kOrder,     // Shutdown was called, or the runtime has lost its home or its lock.
  kSignal,    // SIGTERM, SIGINT, or SIGHUP from the kernel.
  kDeadline,  // The drain deadline and the grace after it are over.
};

enum class DrainAction {
  kNone,
  kBegin,      // Drain.
  kEndAtOnce,  // End the process with 130; remove what can be removed in a moment.
  kEndHung,    // Report that the drain hangs, and end the process with 1.
};

struct DrainStep {
  DrainState next;
  DrainAction action;
};

// What to do about `event`. Pure: Daemon acts.
DrainStep NextDrainStep(DrainState state, DrainEvent event);

}  // namespace holon::daemon

#endif  // HOLON_RUNTIME_DAEMON_DRAIN_STEPS_H_
