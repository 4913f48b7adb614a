// What may be said of a command line that could not be understood: whoever types a secret where
// none belongs finds it in no output. Pure.
#ifndef HOLON_RUNTIME_CONFIG_USAGE_H_
#define HOLON_RUNTIME_CONFIG_USAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holon::config {

// `message` is the parser's and may repeat any of `arguments`. Of those that are PATH=VALUE only
// the path is left; where one names a secret, nothing of the message is.
std::string UsageMessage(absl::string_view message, const std::vector<std::string>& arguments);

// "PATH=…" of "PATH=VALUE"; everything else as it is.
std::string WithoutValue(absl::string_view argument);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_USAGE_H_
