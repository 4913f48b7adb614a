// Differences between two described configurations.
#ifndef HOLON_RUNTIME_CONFIG_DIFF_H_
#define HOLON_RUNTIME_CONFIG_DIFF_H_

#include <string>
#include <vector>

#include "holon/v1/config.pb.h"

namespace holon::config {

// One side of a comparison.
struct Side {
  std::string name;  // "holonctl 0.1.0", "runtime 0.1.0": who does not know a field.
  std::vector<v1::ConfigValue> values;
  // Its home, as it names it: paths below are compared from there. Empty: none.
  std::string home;
};

// Every difference, sorted by path, VOLATILE fields left out. A path that one side does not have
// gives a row with a note. Two names of one file are no difference: the same place in the home of
// each side, or one file where paths that are spelled differently lead.
std::vector<v1::ConfigDifference> Diff(const Side& expected, const Side& actual);

// True where there is a difference and Reload alone brings all of them into force.
bool OnlyHot(const std::vector<v1::ConfigDifference>& differences);

// True where there is a difference and each is a field that one side's version does not know and
// that nobody has set: versions differ, wishes do not.
bool OnlyVersionSkew(const std::vector<v1::ConfigDifference>& differences);

// `path expected="…" actual="…"`: one line, readable, no origins.
std::string DifferenceLine(const v1::ConfigDifference& difference);

// Rows joined with "; ".
std::string DifferenceSummary(const std::vector<v1::ConfigDifference>& differences);

// "log.level: debug → info; …": what was in force, and what is in force now.
std::string ChangeSummary(const std::vector<v1::ConfigDifference>& differences);

// A value as people read it: a string without its quotes, everything else as it is.
std::string DisplayValue(const std::string& canonical);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_DIFF_H_
