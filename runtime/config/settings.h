// What each source says, field by field, before it is judged. Reading a source finds what is not a
// setting at all (unknown names, syntax); values are looked at by Load.
#ifndef HOLON_RUNTIME_CONFIG_SETTINGS_H_
#define HOLON_RUNTIME_CONFIG_SETTINGS_H_

#include <optional>
#include <string>
#include <vector>

#include "runtime/config/configuration.h"
#include "runtime/config/json_reader.h"
#include "runtime/config/schema.h"

namespace holon::config {

// Weakest first.
enum class Layer { kDefault, kFile, kInherited, kEnvironment, kFlag };

// What one source says of one field.
struct Setting {
  Layer layer = Layer::kDefault;
  std::string path;  // As given.
  Target target;     // No leaf: only `fault` counts.
  v1::Origin origin;
  std::string text;
  // In place of `text` where the source is JSON.
  std::optional<JsonValue> json;
  // Relative paths count from here.
  std::string base;
  // The value was a secret and was not kept.
  bool withheld = false;
  // Not empty: what is wrong with it, whatever its value.
  std::string fault;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;  // Of `fault`; see Fault.
};

// The file as read, and what it says. Blocks for reading it.
struct ConfigFile {
  std::string path;
  bool open_to_others = false;
  // More may be missing than the settings show.
  bool unreadable = false;
  std::vector<Setting> settings;
};
ConfigFile ReadConfigFile(const LoadInputs& inputs);

// The file that `inputs` names: absolute, its own name not resolved if it is a symbolic link.
std::string ConfigFilePath(const LoadInputs& inputs);

// The HOLON_* variables. Unknown ones give a warning.
std::vector<Setting> EnvironmentSettings(const LoadInputs& inputs,
                                         std::vector<std::string>* warnings);

// --socket and --set.
std::vector<Setting> FlagSettings(const LoadInputs& inputs);

// What an earlier start was given.
std::vector<Setting> InheritedSettings(const LoadInputs& inputs);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_SETTINGS_H_
