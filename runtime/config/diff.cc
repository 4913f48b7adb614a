#include "runtime/config/diff.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rapidjson/document.h"
#include "runtime/base/file.h"
#include "runtime/config/schema.h"
#include "runtime/config/text.h"

namespace holon::config {
namespace {

constexpr char kNotKnown[] = "<not known>";
constexpr char kDiffers[] = "<differs>";

using Values = std::map<std::string, const v1::ConfigValue*>;

Values ByPath(const Side& side) {
  Values values;
  for (const v1::ConfigValue& value : side.values) values[value.path()] = &value;
  return values;
}

const v1::ConfigValue* Find(const Values& values, const std::string& path) {
  auto found = values.find(path);
  return found == values.end() ? nullptr : found->second;
}

bool IsVolatile(const v1::ConfigValue* value) {
  return value == nullptr || value->apply() == v1::APPLY_VOLATILE;
}

// A path that only one side knows.
void DescribeUnknown(const v1::ConfigValue* expected, const v1::ConfigValue* actual,
                     const std::string& ignorant, v1::ConfigDifference* row) {
  row->set_expected(expected == nullptr ? kNotKnown : expected->value());
  row->set_actual(actual == nullptr ? kNotKnown : actual->value());
  row->set_note(absl::StrCat("not known to ", ignorant));
}

// "/run/holon.sock" of a path in the home; nullopt for any other.
std::optional<std::string> PlaceIn(const std::string& home, const std::string& path) {
  if (home.empty() || !absl::StartsWith(path, home)) return std::nullopt;
  std::string place = path.substr(home.size());
  if (!place.empty() && place[0] != '/') return std::nullopt;
  return place;
}

// Two names of one file, such as those of a bind mount, are one value.
bool SameFile(const Side& expected_side, const v1::ConfigValue& expected, const Side& actual_side,
              const v1::ConfigValue& actual) {
  const Leaf* leaf = FindLeaf(expected.path());
  if (leaf == nullptr || !leaf->is_path()) return false;
  const std::string wanted = DisplayValue(expected.value());
  const std::string in_force = DisplayValue(actual.value());
  const std::optional<std::string> place = PlaceIn(expected_side.home, wanted);
  if (place.has_value() && place == PlaceIn(actual_side.home, in_force)) return true;
  return base::SameFile(wanted, in_force);
}

// A path that both know. False where there is no difference.
bool DescribeKnown(const v1::ConfigValue& expected, const v1::ConfigValue& actual,
                   const Side& expected_side, const Side& actual_side, v1::ConfigDifference* row) {
  row->set_expected(expected.value());
  row->set_actual(actual.value());
  if (expected.value() != actual.value()) {
    return !SameFile(expected_side, expected, actual_side, actual);
  }
  if (expected.digest() != actual.digest()) {
    // Both are set, else they would have the same digest.
    row->set_actual(kDiffers);
    if (expected.digest().empty() || actual.digest().empty()) {
      row->set_note(absl::StrCat(
          "cannot be compared: ", expected.digest().empty() ? expected_side.name : actual_side.name,
          " has no fingerprint.key"));
    }
    return true;
  }
  // One fingerprint counts it and the other does not.
  if (IsVolatile(&expected) == IsVolatile(&actual)) return false;
  row->set_note(
      absl::StrCat("ignored by ", IsVolatile(&expected) ? expected_side.name : actual_side.name));
  return true;
}

v1::Apply ApplyOf(const v1::ConfigValue* expected, const v1::ConfigValue* actual) {
  // The side that runs knows what it takes there.
  v1::Apply apply = IsVolatile(actual) ? expected->apply() : actual->apply();
  return apply == v1::APPLY_UNSPECIFIED ? v1::APPLY_RESTART : apply;
}

}  // namespace

std::vector<v1::ConfigDifference> Diff(const Side& expected_side, const Side& actual_side) {
  const Values wanted = ByPath(expected_side);
  const Values in_force = ByPath(actual_side);
  Values all = wanted;
  all.insert(in_force.begin(), in_force.end());
  std::vector<v1::ConfigDifference> differences;
  for (const auto& [path, unused] : all) {
    const v1::ConfigValue* expected = Find(wanted, path);
    const v1::ConfigValue* actual = Find(in_force, path);
    if (IsVolatile(expected) && IsVolatile(actual)) continue;
    v1::ConfigDifference row;
    row.set_path(path);
    row.set_apply(ApplyOf(expected, actual));
    if (expected == nullptr || actual == nullptr) {
      DescribeUnknown(expected, actual, expected == nullptr ? expected_side.name : actual_side.name,
                      &row);
    } else if (!DescribeKnown(*expected, *actual, expected_side, actual_side, &row)) {
      continue;
    }
    if (expected != nullptr) *row.mutable_expected_origin() = expected->origin();
    if (actual != nullptr) *row.mutable_actual_origin() = actual->origin();
    differences.push_back(std::move(row));
  }
  return differences;
}

bool OnlyVersionSkew(const std::vector<v1::ConfigDifference>& differences) {
  return !differences.empty() &&
         std::all_of(differences.begin(), differences.end(), [](const v1::ConfigDifference& row) {
           const bool here_only = row.actual() == kNotKnown;
           const bool there_only = row.expected() == kNotKnown;
           const v1::Origin& known = here_only ? row.expected_origin() : row.actual_origin();
           return (here_only || there_only) && known.source() == v1::SOURCE_DEFAULT;
         });
}

bool OnlyHot(const std::vector<v1::ConfigDifference>& differences) {
  return !differences.empty() &&
         std::all_of(differences.begin(), differences.end(), [](const auto& row) {
           return row.apply() == v1::APPLY_HOT && row.note().empty();
         });
}

std::string DifferenceLine(const v1::ConfigDifference& difference) {
  return absl::StrCat(difference.path(), " expected=\"", DisplayValue(difference.expected()),
                      "\" actual=\"", DisplayValue(difference.actual()), "\"",
                      difference.note().empty() ? "" : absl::StrCat(" (", difference.note(), ")"));
}

std::string DifferenceSummary(const std::vector<v1::ConfigDifference>& differences) {
  return absl::StrJoin(differences, "; ",
                       [](std::string* out, const v1::ConfigDifference& difference) {
                         out->append(DifferenceLine(difference));
                       });
}

std::string ChangeSummary(const std::vector<v1::ConfigDifference>& differences) {
  auto shown = [](const std::string& canonical) {
    const std::string value = OneLine(DisplayValue(canonical));
    return value.empty() ? std::string("\"\"") : value;
  };
  return absl::StrJoin(differences, "; ",
                       [&](std::string* out, const v1::ConfigDifference& change) {
                         absl::StrAppend(out, change.path(), ": ", shown(change.actual()), " → ",
                                         shown(change.expected()));
                       });
}

std::string DisplayValue(const std::string& canonical) {
  if (canonical.empty() || canonical.front() != '"') return canonical;
  rapidjson::Document value;
  value.Parse(canonical.data(), canonical.size());
  if (value.HasParseError() || !value.IsString()) return canonical;
  return std::string(value.GetString(), value.GetStringLength());
}

}  // namespace holon::config
