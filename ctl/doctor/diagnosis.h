// From facts to findings. Pure.
#ifndef HOLON_CTL_DOCTOR_DIAGNOSIS_H_
#define HOLON_CTL_DOCTOR_DIAGNOSIS_H_

#include <string>
#include <vector>

#include "ctl/doctor/facts.h"
#include "runtime/base/exit_code.h"

namespace holon::ctl {

enum class Severity { kOk, kWarning, kError };

// "ok", "warning" or "error".
const char* SeverityName(Severity severity);

// One thing that was looked at.
struct Finding {
  std::string check;  // "home", "socket", …: stable.
  Severity severity = Severity::kOk;
  std::string message;                               // What was found, and where.
  std::string fix;                                   // What to do; empty: nothing.
  base::ExitCode exit_code = base::ExitCode::kDone;  // Of an error.
};

// At least one for everything that was looked at, in the order in which they matter.
std::vector<Finding> Diagnose(const Facts& facts);

// kDone without an error; else that of the worst: permission, unknown, configuration, failed.
base::ExitCode ExitCodeOf(const std::vector<Finding>& findings);

}  // namespace holon::ctl

#endif  // HOLON_CTL_DOCTOR_DIAGNOSIS_H_
