#include "runtime/state/process_text.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/process.h"
#include "runtime/config/text.h"

namespace holon::state {

std::string ProcessText(pid_t pid) {
  const std::string name = config::OneLine(base::CommandNameOf(pid));
  return absl::StrCat("pid ", pid, name.empty() ? "" : absl::StrCat(" (", name, ")"));
}

}  // namespace holon::state
