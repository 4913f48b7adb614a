// What is said of one thing that was looked at.
#ifndef HOLON_CTL_DOCTOR_FINDING_H_
#define HOLON_CTL_DOCTOR_FINDING_H_

#include <string>
#include <vector>

#include "ctl/render/next_command.h"
#include "runtime/base/exit_code.h"

namespace holon::ctl {

// kUnknown: it could not be looked at.
enum class Severity { kOk, kWarning, kError, kUnknown };

// "ok", "warning", "error" or "unknown".
const char* SeverityName(Severity severity);

// One thing that was looked at.
struct Finding {
  std::string check;  // "home", "socket", …: stable.
  Severity severity = Severity::kOk;
  std::string message;                               // What was found, and where.
  std::string fix;                                   // What to do; empty: nothing.
  base::ExitCode exit_code = base::ExitCode::kDone;  // Of an error.
};

// What helps, in one line; empty: nothing.
std::string FixOf(const NextStep& next);

// `why`: what kept it from being looked at.
Finding NotLookedAt(const std::string& check, const std::string& why);
Finding Ok(const std::string& check, const std::string& message);
Finding Warning(const std::string& check, const std::string& message, const std::string& fix);
Finding Error(const std::string& check, base::ExitCode exit_code, const std::string& message,
              const std::string& fix);

// kDone without an error; else that of the worst: permission, unknown, configuration, failed.
base::ExitCode ExitCodeOf(const std::vector<Finding>& findings);

}  // namespace holon::ctl

#endif  // HOLON_CTL_DOCTOR_FINDING_H_
