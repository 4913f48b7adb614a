// What fields demand of each other. Pure.
#ifndef HOLON_RUNTIME_CONFIG_RULES_H_
#define HOLON_RUNTIME_CONFIG_RULES_H_

#include <set>
#include <string>
#include <vector>

#include "runtime/config/configuration.h"

namespace holon::config {

// Contradictions between fields, sorted by path. A rule that looks at one of the `broken` paths is
// left out: these have faults of their own, and what they would say is not known.
std::vector<Fault> CheckRules(const Configuration& configuration,
                              const std::set<std::string>& broken);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_RULES_H_
