// Edits of the configuration file: `config set` and `config unset`. An edit whose result would be
// refused at the next start is refused at once. Hold a lock of your own against other editors
// from plan to write.
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
  std::string before = "{}";  // Also where there is no file.
  std::string after;

  bool changes() const { return before != after; }
};

// Sets one field in the file that `inputs` names (home or config_file). Keys and their order stay.
// `text` is as for --set; relative paths count from working_directory. Nothing else of `inputs` is
// used. INVALID_ARGUMENT: `faults` says why. Other codes: the file cannot be read. Writes nothing;
// blocks for the disk.
absl::StatusOr<FileEdit> PlanSet(const LoadInputs& inputs, const std::string& path,
                                 const std::string& text, std::vector<Fault>* faults);

// Takes one key out, an unknown one too. Changes nothing where it is not there.
absl::StatusOr<FileEdit> PlanUnset(const LoadInputs& inputs, const std::string& path,
                                   std::vector<Fault>* faults);

// Replaces the file whole, or makes it. Blocks for the disk.
absl::Status Write(const FileEdit& edit);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_EDIT_H_
