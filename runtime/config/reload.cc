#include "runtime/config/reload.h"

#include <algorithm>

#include "runtime/config/schema.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

bool IsReloadable(const Leaf& leaf) {
  return leaf.apply == v1::APPLY_HOT || leaf.apply == v1::APPLY_VOLATILE;
}

void AddOverrides(const Configuration& from, bool reloadable,
                  std::vector<v1::ConfigOverride>* overrides) {
  for (const v1::ConfigOverride& override : from.overrides) {
    const Leaf* leaf = FindTarget(override.path()).leaf;
    if (leaf != nullptr && IsReloadable(*leaf) == reloadable) overrides->push_back(override);
  }
}

}  // namespace

LoadInputs ReloadInputs(const Configuration& current,
                        const std::vector<v1::ConfigOverride>& requested, bool reset) {
  LoadInputs inputs;
  for (const Leaf& leaf : Leaves()) {
    if (leaf.rule->from_home()) {
      inputs.home = TextOf(leaf, current.values);
      auto origin = current.origins.find(leaf.path);
      if (origin != current.origins.end()) inputs.home_origin = origin->second;
    }
    if (leaf.secret && Has(leaf, current.values)) {
      inputs.kept_secrets[leaf.path] = TextOf(leaf, current.values);
    }
  }
  inputs.config_file = current.explicit_config_file;
  inputs.working_directory = inputs.home;
  if (!reset) inputs.inherited = current.overrides;
  inputs.requested = requested;
  return inputs;
}

Configuration Reloaded(const Configuration& current, const Configuration& target) {
  Configuration next = current;
  for (const Leaf& leaf : Leaves()) {
    if (!IsReloadable(leaf)) continue;
    Copy(leaf, target.values, &next.values);
    auto origin = target.origins.find(leaf.path);
    if (origin != target.origins.end()) next.origins[leaf.path] = origin->second;
  }
  next.overrides.clear();
  AddOverrides(current, false, &next.overrides);
  AddOverrides(target, true, &next.overrides);
  std::sort(next.overrides.begin(), next.overrides.end(),
            [](const auto& a, const auto& b) { return a.path() < b.path(); });
  return next;
}

}  // namespace holon::config
