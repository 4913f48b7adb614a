// Edits of the configuration file: `config set` and `config unset`. An edit whose result would be
// refused at the next start is refused at once. Hold a lock of your own against other editors.
#ifndef HOLON_RUNTIME_CONFIG_EDIT_H_
#define HOLON_RUNTIME_CONFIG_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/config/configuration.h"

namespace holon::config {

// Sets one field in the file that `inputs` names (home or config_file), making the file (0600)
// where there is none. Keys and their order stay; the file is replaced whole, with its mode, and a
// symbolic link to it stays one. `text` is as for --set; relative paths count from
// working_directory. Nothing else of `inputs` is used. INVALID_ARGUMENT: nothing was written,
// `faults` says why. Other codes: the file cannot be read or written. Blocks for the disk.
absl::Status SetInFile(const LoadInputs& inputs, const std::string& path, const std::string& text,
                       std::vector<Fault>* faults);

// Takes one key out, an unknown one too. OK where it is not there.
absl::Status UnsetInFile(const LoadInputs& inputs, const std::string& path,
                         std::vector<Fault>* faults);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_EDIT_H_
