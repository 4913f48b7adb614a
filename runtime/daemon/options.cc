#include "runtime/daemon/options.h"

#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "runtime/config/usage.h"

namespace holon::daemon {

std::optional<Options> ParseOptions(int argc, char** argv, base::ExitCode* exit_code) {
  Options options;
  std::string home;
  CLI::App app{"holond serves one Holon runtime in the foreground. Start it with: holonctl start"};
  app.name("holond");
  const auto not_empty = [](const std::string& path) {
    return path.empty() ? std::string("is empty") : std::string();
  };
  app.add_option("--home", home, "Home of the runtime (HOLON_HOME, else ~/.holon)")
      ->check(not_empty)
      ->type_name("DIR");
  app.add_option("--socket", options.socket,
                 "Socket to answer on (HOLON_SOCKET, else HOME/run/holon.sock)")
      ->check(not_empty)
      ->type_name("PATH");
  app.add_option("--config", options.config_file, "Configuration file (HOME/config.json)")
      ->check(not_empty)
      ->type_name("FILE");
  app.add_option("--set", options.sets, "Set one value, for example log.level=debug")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  app.add_flag("--check", options.check, "Check the configuration, print what is wrong, and exit");
  app.add_flag("--ephemeral", options.ephemeral,
               "End when no process shares HOME/run/users.lock any more; used by holonctl run");
  app.set_version_flag("--version", absl::StrCat("holond ", HOLON_VERSION));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success);
    *exit_code = base::ExitCode::kDone;
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::cerr << "holond: " << config::UsageMessage(error.what(), arguments)
              << "\nSee: holond --help\n";
    *exit_code = base::ExitCode::kUsage;
    return std::nullopt;
  }
  if (app.count("--home") > 0) options.home = home;
  return options;
}

}  // namespace holon::daemon
