#include "runtime/config/rules.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/config/formats.h"
#include "runtime/config/schema.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

v1::Origin OriginOf(const Configuration& configuration, const std::string& path) {
  auto found = configuration.origins.find(path);
  return found == configuration.origins.end() ? v1::Origin() : found->second;
}

uint64_t NumberOf(const Leaf& leaf, const v1::EffectiveConfig& values) {
  uint64_t number = 0;
  (void)absl::SimpleAtoi(TextOf(leaf, values), &number);
  return number;
}

std::optional<Fault> CheckAtMost(const Leaf& leaf, const Configuration& configuration,
                                 const std::set<std::string>& broken) {
  const std::string& other_path = leaf.rule->at_most();
  const Leaf* other = FindLeaf(other_path);
  if (other == nullptr || broken.count(leaf.path) != 0 || broken.count(other_path) != 0) {
    return std::nullopt;
  }
  uint64_t number = NumberOf(leaf, configuration.values);
  uint64_t most = NumberOf(*other, configuration.values);
  if (number <= most) return std::nullopt;
  return Fault{leaf.path, OriginOf(configuration, leaf.path),
               absl::StrCat("found ", number, "; allowed: at most ", other_path, ", which is ",
                            most, " (", OriginText(OriginOf(configuration, other_path)), ")")};
}

// The one rule that no option expresses, and so the one place that names a field: the port is not
// encrypted, so only this machine may reach it, whatever control_auth_mode is.
std::optional<Fault> CheckControlAddr(const Configuration& configuration,
                                      const std::set<std::string>& broken) {
  constexpr char kPath[] = "control_addr";
  const std::string& text = configuration.values.control_addr();
  if (broken.count(kPath) != 0 || text.empty()) return std::nullopt;
  std::optional<HostPort> address = ParseHostPort(text);
  if (!address.has_value() || IsLoopback(*address)) return std::nullopt;
  return Fault{kPath, OriginOf(configuration, kPath),
               absl::StrCat("found \"", text,
                            "\"; allowed: a loopback address (127.0.0.1:PORT, [::1]:PORT, "
                            "localhost:PORT), because the port is not encrypted")};
}

}  // namespace

std::vector<Fault> CheckRules(const Configuration& configuration,
                              const std::set<std::string>& broken) {
  std::vector<Fault> faults;
  for (const Leaf& leaf : Leaves()) {
    if (leaf.rule->at_most().empty()) continue;
    if (std::optional<Fault> fault = CheckAtMost(leaf, configuration, broken)) {
      faults.push_back(*std::move(fault));
    }
  }
  if (std::optional<Fault> fault = CheckControlAddr(configuration, broken)) {
    faults.push_back(*std::move(fault));
  }
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.path < b.path; });
  return faults;
}

}  // namespace holon::config
