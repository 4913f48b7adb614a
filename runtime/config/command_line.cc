#include "runtime/config/command_line.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/config/schema.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

// The variable it was given in, where that is one of this field; else the field's own.
std::string VariableFor(const v1::ConfigOverride& override, const Target& target) {
  Target named = FindVariable(override.origin().location());
  const bool same = named.leaf == target.leaf && named.names_file == target.names_file;
  return same ? override.origin().location() : VariableOf(target);
}

}  // namespace

SpawnInputs ForSpawn(const Configuration& configuration,
                     const std::vector<std::pair<std::string, std::string>>& environment) {
  SpawnInputs spawn;
  for (const auto& variable : environment) {
    if (!absl::StartsWith(variable.first, "HOLON_")) spawn.environment.push_back(variable);
  }
  for (const v1::ConfigOverride& override : configuration.overrides) {
    Target target = FindTarget(override.path());
    if (target.leaf == nullptr) continue;
    if (target.leaf->secret && !target.names_file) {
      // Whatever the origin says: a secret goes on no command line.
      spawn.environment.emplace_back(VariableOf(target),
                                     TextOf(*target.leaf, configuration.values));
    } else if (override.origin().source() == v1::SOURCE_ENVIRONMENT) {
      spawn.environment.emplace_back(VariableFor(override, target), override.value());
    } else if (override.origin().location() == "--socket") {
      spawn.arguments.insert(spawn.arguments.end(), {"--socket", override.value()});
    } else {
      spawn.arguments.insert(spawn.arguments.end(),
                             {"--set", absl::StrCat(override.path(), "=", override.value())});
    }
  }
  return spawn;
}

}  // namespace holon::config
