#include <pwd.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/configuration.h"
#include "runtime/config/text.h"

namespace holon::config {
namespace {

// The first value, as getenv finds it.
std::string Variable(const std::vector<std::pair<std::string, std::string>>& environment,
                     const std::string& name) {
  for (const auto& [variable, value] : environment) {
    if (variable == name) return value;
  }
  return "";
}

// Only asked where HOME says nothing, as under some service managers: it may load libraries.
std::string AccountDirectory() {
  passwd account;
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (getpwuid_r(getuid(), &account, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return "/";
  }
  return account.pw_dir;
}

absl::StatusOr<Home> MakeHome(const std::string& name, const std::string& path,
                              const std::string& base, v1::Source source) {
  HOLON_RETURN_IF_ERROR(CheckGivenPath(name, path, base));
  Home home;
  home.path = base::CanonicalPath(path, base);
  home.origin.set_source(source);
  if (source != v1::SOURCE_DEFAULT) home.origin.set_location(name);
  return home;
}

}  // namespace

absl::Status CheckGivenPath(const std::string& name, const std::string& path,
                            const std::string& working_directory) {
  if (path == "~" || absl::StartsWith(path, "~/")) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": found ", OneLine(path),
                     "; allowed: a path without '~', which only shells replace (or ./~ where it is "
                     "meant)"));
  }
  if (!path.empty() && path[0] != '/' && working_directory.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", OneLine(path),
                     " is relative, and the current directory is gone; give an "
                     "absolute ",
                     name));
  }
  return absl::OkStatus();
}

absl::StatusOr<Home> ResolveHome(
    const std::optional<std::string>& flag,
    const std::vector<std::pair<std::string, std::string>>& environment,
    const std::string& working_directory) {
  if (flag.has_value() && !flag->empty()) {
    return MakeHome("--home", *flag, working_directory, v1::SOURCE_FLAG);
  }
  std::string variable = Variable(environment, "HOLON_HOME");
  if (!variable.empty()) {
    return MakeHome("HOLON_HOME", variable, working_directory, v1::SOURCE_ENVIRONMENT);
  }
  std::string user = Variable(environment, "HOME");
  if (user.empty()) user = AccountDirectory();
  return MakeHome("HOME", base::JoinPath(user, ".holon"), working_directory, v1::SOURCE_DEFAULT);
}

absl::StatusOr<LoadInputs> MakeInputs(const GivenOptions& given,
                                      std::vector<std::pair<std::string, std::string>> environment,
                                      const std::string& working_directory) {
  HOLON_ASSIGN_OR_RETURN(Home home, ResolveHome(given.home, environment, working_directory));
  HOLON_RETURN_IF_ERROR(CheckGivenPath("--socket", given.socket, working_directory));
  HOLON_RETURN_IF_ERROR(CheckGivenPath("--config", given.config_file, working_directory));
  LoadInputs inputs;
  inputs.home = home.path;
  inputs.home_origin = home.origin;
  inputs.config_file = given.config_file;
  inputs.environment = std::move(environment);
  inputs.sets = given.sets;
  inputs.socket = given.socket;
  inputs.working_directory = working_directory;
  return inputs;
}

}  // namespace holon::config
