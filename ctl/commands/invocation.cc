#include "ctl/commands/invocation.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/spawn.h"
#include "runtime/config/schema.h"

namespace holon::ctl {
namespace {

constexpr char kName[] = "holonctl";

bool IsSecret(const std::string& setting) {
  const config::Target target = config::FindTarget(setting.substr(0, setting.find('=')));
  return target.leaf == nullptr || (target.leaf->secret && !target.names_file);
}

// As ParseDuration reads it.
std::string DurationText(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration), "ms");
}

}  // namespace

std::string OwnName() {
  const std::string own = base::CanonicalPath("/proc/self/exe", "/");
  absl::StatusOr<std::string> found = base::FindProgram(kName);
  return found.ok() && base::SameFile(*found, own) ? kName : own;
}

Invocation MakeInvocation(const Options& options, const std::string& home) {
  Invocation call;
  call.program = OwnName();
  call.options = {"--home", home};
  auto add = [](std::vector<std::string>* words, const std::string& name,
                const std::string& value) {
    words->push_back(name);
    words->push_back(value);
  };
  if (!options.socket.empty()) add(&call.options, "--socket", options.socket);
  if (!options.config_file.empty()) add(&call.options, "--config", options.config_file);
  for (const std::string& setting : options.sets) {
    if (!IsSecret(setting)) add(&call.options, "--set", setting);
  }
  const Options defaults;
  if (options.drain_timeout.has_value()) {
    add(&call.stop, "--drain-timeout", DurationText(*options.drain_timeout));
  }
  if (options.term_timeout != defaults.term_timeout) {
    add(&call.stop, "--term-timeout", DurationText(options.term_timeout));
  }
  if (options.kill_timeout != defaults.kill_timeout) {
    add(&call.stop, "--kill-timeout", DurationText(options.kill_timeout));
  }
  if (options.force) call.stop.push_back("--force");
  return call;
}

}  // namespace holon::ctl
