// A reload: where to aim, and what of it can be had without a restart. Pure.
//
//   LoadResult target = Load(ReloadInputs(current, request.overrides));
//   if (!target.faults.empty()) …               // nothing is changed
//   Configuration next = Reloaded(current, target.configuration);
//   // Diff(target, current): the rows that are HOT are applied, the others are refused.
#ifndef HOLON_RUNTIME_CONFIG_RELOAD_H_
#define HOLON_RUNTIME_CONFIG_RELOAD_H_

#include <vector>

#include "runtime/config/configuration.h"

namespace holon::config {

// The file as it is now, under what the start was given (unless `reset`), under `requested`.
// Secrets that the start was given inline are those in force.
LoadInputs ReloadInputs(const Configuration& current,
                        const std::vector<v1::ConfigOverride>& requested, bool reset = false);

// HOT and VOLATILE fields as in `target`, with their origins and overrides; the others stay.
Configuration Reloaded(const Configuration& current, const Configuration& target);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_RELOAD_H_
