// A configuration that somebody sent instead of having it loaded here: what CompareConfig compares
// with.
#ifndef HOLON_RUNTIME_CONFIG_WANTED_H_
#define HOLON_RUNTIME_CONFIG_WANTED_H_

#include <vector>

#include "holon/v1/config.pb.h"
#include "runtime/config/configuration.h"

namespace holon::config {

// `wanted` with the checks of any other source. Fields that are not set take their defaults; those
// by which a runtime is found (its home and its socket) are taken from `current`. Relative paths
// are refused: the sender's folder is not known. Origins are "CompareConfig". Appends what is wrong
// to `faults`. Blocks for resolving symbolic links.
Configuration FromMessage(const v1::EffectiveConfig& wanted, const Configuration& current,
                          std::vector<Fault>* faults);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_WANTED_H_
