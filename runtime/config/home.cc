#include <pwd.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/config/configuration.h"

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

Home MakeHome(const std::string& path, const std::string& base, v1::Source source,
              const std::string& location) {
  Home home;
  home.path = base::CanonicalPath(path, base);
  home.origin.set_source(source);
  home.origin.set_location(location);
  return home;
}

}  // namespace

Home ResolveHome(const std::optional<std::string>& flag,
                 const std::vector<std::pair<std::string, std::string>>& environment,
                 const std::string& working_directory) {
  if (flag.has_value() && !flag->empty()) {
    return MakeHome(*flag, working_directory, v1::SOURCE_FLAG, "--home");
  }
  std::string variable = Variable(environment, "HOLON_HOME");
  if (!variable.empty()) {
    return MakeHome(variable, working_directory, v1::SOURCE_ENVIRONMENT, "HOLON_HOME");
  }
  std::string user = Variable(environment, "HOME");
  if (user.empty()) user = AccountDirectory();
  return MakeHome(base::JoinPath(user, ".holon"), working_directory, v1::SOURCE_DEFAULT, "");
}

}  // namespace holon::config
