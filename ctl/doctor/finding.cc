#include "ctl/doctor/finding.h"

#include "absl/strings/str_cat.h"
#include "runtime/config/shell_text.h"

namespace holon::ctl {

using base::ExitCode;

namespace {

int Rank(ExitCode exit_code) {
  switch (exit_code) {
    case ExitCode::kPermissionDenied:
      return 4;
    case ExitCode::kUnknown:
      return 3;
    case ExitCode::kUsage:
      return 2;
    case ExitCode::kDone:
      return 0;
    default:
      return 1;
  }
}

}  // namespace

const char* SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kOk:
      return "ok";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
    case Severity::kUnknown:
      return "unknown";
  }
  return "?";
}

std::string FixOf(const NextStep& next) {
  if (next.words.empty()) return next.advice;
  return absl::StrCat(config::ShellText(next.words), next.advice.empty() ? "" : ", ", next.advice);
}

Finding NotLookedAt(const std::string& check, const std::string& why) {
  return {check, Severity::kUnknown, absl::StrCat("not looked at: ", why), "", ExitCode::kDone};
}

Finding Ok(const std::string& check, const std::string& message) {
  return {check, Severity::kOk, message, "", ExitCode::kDone};
}

Finding Warning(const std::string& check, const std::string& message, const std::string& fix) {
  return {check, Severity::kWarning, message, fix, ExitCode::kDone};
}

Finding Error(const std::string& check, ExitCode exit_code, const std::string& message,
              const std::string& fix) {
  return {check, Severity::kError, message, fix, exit_code};
}

base::ExitCode ExitCodeOf(const std::vector<Finding>& findings) {
  ExitCode worst = ExitCode::kDone;
  for (const Finding& finding : findings) {
    if (Rank(finding.exit_code) > Rank(worst)) worst = finding.exit_code;
  }
  return worst;
}

}  // namespace holon::ctl
