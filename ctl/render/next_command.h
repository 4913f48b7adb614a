// The next command: what to run where something is wrong. Nothing else makes a command line of
// holonctl. Pure.
#ifndef HOLON_CTL_RENDER_NEXT_COMMAND_H_
#define HOLON_CTL_RENDER_NEXT_COMMAND_H_

#include <string>
#include <vector>

#include "runtime/probe/prober.h"

namespace holon::ctl {

// Every situation in which a command helps. tests/e2e/next_command_test.py makes each one, by its
// name, and runs the command.
enum class Situation {
  kStopped,           // A runtime is needed and none runs: start.
  kLeftFiles,         // doctor, and a dead runtime left files: cleanup.
  kUnresponsive,      // It lives and does not answer: stop.
  kIncompatible,      // It speaks another contract: stop --force.
  kStartDiffers,      // start, and the runtime has another configuration: ensure --reset.
  kRestartRequired,   // reload, and a change needs a restart: restart.
  kStartLeft,         // A start is no longer followed: status.
  kStopInterrupted,   // stop.
  kHolondMissing,     // The runtime cannot be spawned: doctor.
  kStartFailed,       // The runtime ended while it started: logs.
  kCleanupOfRunning,  // cleanup, and the runtime lives: stop.
  kEdited,            // config set, and the runtime has another value: ensure.
  kEditKept,          // config set, and what the last start was given is stronger: ensure --reset.
  kUnknownSetting,    // config list.
  kFingerprintNoKey,  // A secret, and no key to tell it apart by: start.
  kHomeLocked,        // Another holonctl works on the home for too long: doctor.
  kUsage,             // A mistake in the command line: COMMAND --help.
  kWaitedForStopped,  // wait --for stopped, and it runs: stop.
  kDegraded,          // The runtime is ready and not healthy: logs.
};

// What a call was given, as far as the next command repeats it. Holds no secret.
struct Invocation {
  std::string program = "holonctl";  // The first word.
  std::vector<std::string> options;  // Of all commands: "--home", HOME, …
  std::vector<std::string> stop;     // Of stop: "--drain-timeout", "5s", …
  std::vector<std::string> command;  // Words of the command: "config", "get".
};

// What helps. Both may be empty: nothing does.
struct NextStep {
  std::vector<std::string> words;  // The command to run.
  std::string advice;              // What to do beside or in place of it, in words.
};

NextStep NextFor(const Invocation& call, Situation situation);
// Of a verdict. `valid`: the caller's configuration is, so that a start is not refused for it.
NextStep NextFor(const Invocation& call, const probe::Sighting& sighting, bool valid = true);
// No command helps.
NextStep OnlyAdvice(const std::string& advice);

// Into a view's "next_command" and "advice".
template <typename View>
void SetNext(const NextStep& next, View* view) {
  view->clear_next_command();
  view->clear_advice();
  for (const std::string& word : next.words) view->add_next_command(word);
  if (!next.advice.empty()) view->set_advice(next.advice);
}

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_NEXT_COMMAND_H_
