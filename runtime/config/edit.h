// Edits of the configuration file: `config set` and `config unset`. An edit is refused for every
// fault that it adds to what `inputs` as a whole say, and for no other, so that a broken file can
// be repaired. Hold a lock of your own against other editors from plan to write.
#ifndef HOLON_RUNTIME_CONFIG_EDIT_H_
#define HOLON_RUNTIME_CONFIG_EDIT_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/config/configuration.h"

namespace holon::config {

// What a file is to become.
struct FileEdit {
  std::string path;  // A symbolic link's target: the link stays.
  mode_t mode = 0600;
  std::string before = "{}\n";  // Also where there is no file.
  std::string after;
  std::vector<Fault> remaining;  // Of the file: older than the edit, by their places in `after`.

  bool changes() const { return before != after; }
};

// Sets one field in the file that `inputs` names (home or config_file). All the rest of the text
// stays as it was written. `text` is as for --set; relative paths count from working_directory.
// INVALID_ARGUMENT: `faults` says why. NOT_FOUND, without faults: there is no such setting. Other
// codes: the file cannot be read. Writes nothing; blocks for the disk.
absl::StatusOr<FileEdit> PlanSet(const LoadInputs& inputs, const std::string& path,
                                 const std::string& text, std::vector<Fault>* faults);

// Takes one key out, an unknown one too, and a group only where it is no object. Changes nothing
// where a setting is not there. Errors as PlanSet.
absl::StatusOr<FileEdit> PlanUnset(const LoadInputs& inputs, const std::string& path,
                                   std::vector<Fault>* faults);

// Replaces the file whole, or makes it. Blocks for the disk.
absl::Status Write(const FileEdit& edit);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_EDIT_H_
