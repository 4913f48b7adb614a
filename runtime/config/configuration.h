// The effective configuration: what is in force, and where each value came from.
//
//   LoadInputs inputs;                       // who asks, from where
//   inputs.home = *ResolveHome(…);
//   LoadResult loaded = Load(inputs);
//   if (!loaded.faults.empty()) …            // all of them, not just the first
//   Fingerprint(loaded.configuration, key);
//
// Everything works by reflection over holon.v1.EffectiveConfig; no field is named here.
//
// Sources, weakest first: defaults, the file, what an earlier start was given, variables of this
// call, options of this call. A secret X may be given as X_file, the path of a file that holds it.
#ifndef HOLON_RUNTIME_CONFIG_CONFIGURATION_H_
#define HOLON_RUNTIME_CONFIG_CONFIGURATION_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holon/v1/config.pb.h"

namespace holon::config {

// Every field has a value in `values` (secrets may stay unset) and an origin under its path. A
// field with a fault has the value of the next weaker source.
struct Configuration {
  v1::EffectiveConfig values;
  std::map<std::string, v1::Origin> origins;
  // What stood beside the file and the defaults, in the form that a restart inherits: one for a
  // field, sorted by path, paths absolute. Never holds a secret.
  std::vector<v1::ConfigOverride> overrides;
  // The file that was asked for with --config; empty for config.json of the home.
  std::string explicit_config_file;
};

// One thing that is wrong. Formats to one line: "path: message (origin)".
struct Fault {
  std::string path;  // Empty where it is about a whole file.
  v1::Origin origin;
  std::string message;  // What was found and what is allowed; never a secret.
  // Why a file could not be read: PERMISSION_DENIED, RESOURCE_EXHAUSTED and others; else
  // INVALID_ARGUMENT.
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
};

// How a load that has faults failed as a whole, in one sentence. INVALID_ARGUMENT where the
// configuration is at fault; the reason of the first file that could not be read otherwise: then
// nobody knows whether it is.
absl::Status Summary(const std::vector<Fault>& faults);

// Who asks.
struct LoadInputs {
  std::string home;  // Absolute, canonical: see ResolveHome.
  v1::Origin home_origin;
  std::string config_file;  // --config; empty: config.json of the home, which may be absent.
  std::vector<std::pair<std::string, std::string>>
      environment;                // All variables; others than HOLON_* are skipped.
  std::vector<std::string> sets;  // "path=value" as given to --set, in order: the last one wins.
  std::string socket;             // --socket; empty: not given.
  // Relative paths in sets and variables count from here; empty: it is gone.
  std::string working_directory;
  // Overrides of an earlier start, weaker than environment and sets of this call.
  std::vector<v1::ConfigOverride> inherited;
  // Secrets by path that inherited overrides withheld and the caller still has: the runtime's own
  // at a reload.
  std::map<std::string, std::string> kept_secrets;
  // Overrides of this call that came over the wire, as strong as its variables and options. Secrets
  // are refused in them.
  std::vector<v1::ConfigOverride> requested;
  // Read in place of the file's content: what an edit would make of it.
  std::optional<std::string> file_text;
};

struct LoadResult {
  // In force only where there are no faults; each field without one is right nevertheless.
  Configuration configuration;
  std::vector<Fault> faults;          // In order of source, then position.
  std::vector<std::string> warnings;  // Unknown HOLON_* variables and the like.
};

// Reads everything and validates it. Blocks for reading small files. Never fails: it collects
// faults.
LoadResult Load(const LoadInputs& inputs);

// Home and its origin from --home, HOLON_HOME or ~/.holon: made canonical, not created, not
// checked. Empty ones count as not given. INVALID_ARGUMENT as CheckGivenPath.
struct Home {
  std::string path;
  v1::Origin origin;
};
absl::StatusOr<Home> ResolveHome(
    const std::optional<std::string>& flag,
    const std::vector<std::pair<std::string, std::string>>& environment,
    const std::string& working_directory);

// INVALID_ARGUMENT: `path`, given as `name`, begins with a tilde that no shell has replaced, or is
// relative where there is no working directory (it is empty) to count from.
absl::Status CheckGivenPath(const std::string& name, const std::string& path,
                            const std::string& working_directory);

// What a command line gives beside the environment.
struct GivenOptions {
  std::optional<std::string> home;
  std::string config_file;
  std::string socket;
  std::vector<std::string> sets;
};

// What to load, from a command line, an environment and the working directory; empty: it is gone.
// INVALID_ARGUMENT as CheckGivenPath.
absl::StatusOr<LoadInputs> MakeInputs(const GivenOptions& given,
                                      std::vector<std::pair<std::string, std::string>> environment,
                                      const std::string& working_directory);

// "default", "config.json:3:14" with its folder, "HOLON_LOG_LEVEL", "--set log.level".
std::string OriginText(const v1::Origin& origin);

std::string FaultText(const Fault& fault);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_CONFIGURATION_H_
