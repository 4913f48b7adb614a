#ifndef HOLON_CTL_LIFECYCLE_RECEIPTS_H_
#define HOLON_CTL_LIFECYCLE_RECEIPTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ctl/render/next_command.h"
#include "runtime/base/clock.h"
#include "runtime/base/exit_code.h"

namespace holon::ctl {

// One step that was taken, with its proof.
struct Receipt {
  std::string step;
  std::string outcome;  // "done", "timed_out", "failed", "skipped", "planned".
  std::string evidence;
  absl::Duration duration;
};

// The steps of one command, timed. One thread.
class Receipts {
 public:
  explicit Receipts(base::Clock& clock) : clock_(clock), since_(clock.Uptime()) {}

  // A step begins now.
  void Begin() { since_ = clock_.Uptime(); }
  // The step that began last is over.
  void Add(const std::string& step, const std::string& outcome, const std::string& evidence);

  const std::vector<Receipt>& all() const { return receipts_; }

 private:
  base::Clock& clock_;
  absl::Duration since_;
  std::vector<Receipt> receipts_;
};

// How a command that changes the world came out.
struct Outcome {
  base::ExitCode exit_code = base::ExitCode::kDone;
  std::string action;   // "started", "already_running", …; "failed".
  std::string reason;   // UPPER_SNAKE, of a failure.
  std::string message;  // What happened, in a sentence.
  NextStep next;        // What helps.
  // The generation that this command itself has started and seen ready; empty: none.
  std::string started_instance;

  bool ok() const { return exit_code == base::ExitCode::kDone; }
};

Outcome Success(const std::string& action, const std::string& message);
Outcome Failure(base::ExitCode exit_code, const std::string& reason, const std::string& message,
                const NextStep& next = {});
// The home could not be looked at: nothing is known of a runtime, and nothing was done.
Outcome LookFailure(const absl::Status& status);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_RECEIPTS_H_
