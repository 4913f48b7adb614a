#ifndef HOLON_RUNTIME_CONFIG_ENVIRONMENT_H_
#define HOLON_RUNTIME_CONFIG_ENVIRONMENT_H_

#include <string>
#include <utility>
#include <vector>

namespace holon::config {

using Environment = std::vector<std::pair<std::string, std::string>>;

// The variables of this process.
Environment ReadEnvironment();

// Takes secrets out of them and overwrites where they stood, so that no child and no reader of
// /proc sees them. Before there are threads.
void ScrubSecrets();

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_ENVIRONMENT_H_
