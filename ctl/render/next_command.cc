#include "ctl/render/next_command.h"

#include <algorithm>

#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

using probe::Verdict;
using Words = std::vector<std::string>;

Words CommandFor(const Invocation& call, Situation situation) {
  switch (situation) {
    case Situation::kStopped:
    case Situation::kFingerprintNoKey:
      return {"start"};
    case Situation::kLeftFiles:
      return {"cleanup"};
    case Situation::kUnresponsive:
    case Situation::kCleanupOfRunning:
    case Situation::kWaitedForStopped:
    case Situation::kStopInterrupted: {
      Words words = {"stop"};
      words.insert(words.end(), call.stop.begin(), call.stop.end());
      return words;
    }
    case Situation::kIncompatible:
      return {"stop", "--force"};
    case Situation::kEdited:
      return {"ensure"};
    case Situation::kStartDiffers:
    case Situation::kEditKept:
      return {"ensure", "--reset"};
    case Situation::kRestartRequired:
      return {"restart"};
    case Situation::kStartLeft:
      return {"status"};
    case Situation::kHolondMissing:
    case Situation::kHomeLocked:
      return {"doctor"};
    case Situation::kStartFailed:
    case Situation::kDegraded:
      return {"logs"};
    case Situation::kUnknownSetting:
      return {"config", "list"};
    case Situation::kUsage: {
      Words words = call.command;
      words.push_back("--help");
      return words;
    }
  }
  return {};
}

}  // namespace

NextStep NextFor(const Invocation& call, Situation situation) {
  NextStep step;
  step.words = {call.program};
  // Help needs no home; the options may be what is wrong.
  if (situation != Situation::kUsage) {
    step.words.insert(step.words.end(), call.options.begin(), call.options.end());
  }
  const Words command = CommandFor(call, situation);
  step.words.insert(step.words.end(), command.begin(), command.end());
  const bool sayable = std::all_of(step.words.begin(), step.words.end(),
                                   [](const std::string& word) { return config::IsUtf8(word); });
  // It could be neither printed as it is nor put into a document.
  return sayable ? step : OnlyAdvice("an option's value is not UTF-8: choose another name");
}

NextStep NextFor(const Invocation& call, const probe::Sighting& sighting, bool valid) {
  switch (sighting.verdict) {
    case Verdict::kStopped:
    case Verdict::kStale:
      if (!valid) return OnlyAdvice("correct the configuration, then start the runtime");
      return NextFor(call, Situation::kStopped);
    case Verdict::kUnresponsive:
      if (!sighting.process.has_value() && !sighting.unproven.empty()) {
        return OnlyAdvice("end it yourself: from here it cannot be proven which process it is");
      }
      return NextFor(call, Situation::kUnresponsive);
    case Verdict::kIncompatible: {
      NextStep step = NextFor(call, Situation::kIncompatible);
      step.advice = "or use the holonctl of that version";
      return step;
    }
    case Verdict::kForeign:
      return OnlyAdvice("stop what listens there, or choose another socket with --socket");
    case Verdict::kRunning:
      if (sighting.answer.has_value() && !sighting.answer->degraded().empty()) {
        return NextFor(call, Situation::kDegraded);
      }
      return {};
    default:
      return {};
  }
}

NextStep OnlyAdvice(const std::string& advice) { return {{}, advice}; }

}  // namespace holon::ctl
