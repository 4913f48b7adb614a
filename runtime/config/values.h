// One field's value: set from JSON or text with every check that its options ask for, and written
// again. Works by reflection. Pure, but for paths, whose symbolic links are resolved.
//
// The message of a failed Status is a whole sentence for a Fault: "found X; allowed: Y". It never
// holds a secret.
#ifndef HOLON_RUNTIME_CONFIG_VALUES_H_
#define HOLON_RUNTIME_CONFIG_VALUES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "holon/v1/config.pb.h"
#include "runtime/config/json_reader.h"
#include "runtime/config/schema.h"

namespace holon::config {

// Strictly typed: "12" is no integer, and neither are 1.0 and 1e3. Relative paths count from
// `base`.
absl::Status SetFromJson(const Leaf& leaf, const JsonValue& value, const std::string& base,
                         v1::EffectiveConfig* config);

// As in variables and options: decimal integers, true and false, lists as a JSON array or a,b
// (empty: none).
absl::Status SetFromText(const Leaf& leaf, absl::string_view text, const std::string& base,
                         v1::EffectiveConfig* config);

// A secret's value, from wherever it was read.
absl::Status SetSecret(const Leaf& leaf, absl::string_view value, v1::EffectiveConfig* config);

// The default of the field's rule; relative paths count from `home`. A secret stays unset.
absl::Status SetDefault(const Leaf& leaf, const std::string& home, v1::EffectiveConfig* config);

// What SetFromText takes. Of a secret it is the secret itself.
std::string TextOf(const Leaf& leaf, const v1::EffectiveConfig& config);

// The compact JSON text at the head of config.proto. Not for secrets.
std::string CanonicalOf(const Leaf& leaf, const v1::EffectiveConfig& config);

// Whether the field is set; a list is while it is not empty.
bool Has(const Leaf& leaf, const v1::EffectiveConfig& config);

// Makes the field in `to` as it is in `from`, set or not.
void Copy(const Leaf& leaf, const v1::EffectiveConfig& from, v1::EffectiveConfig* to);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_VALUES_H_
