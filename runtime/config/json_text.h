// Edits of a JSON text that leave all the rest of it as it was written. Knows nothing of
// configuration. Pure.
//
// `text` is an object that ReadJsonObject reads to its end. Paths are as there: keys joined with
// dots.
#ifndef HOLON_RUNTIME_CONFIG_JSON_TEXT_H_
#define HOLON_RUNTIME_CONFIG_JSON_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace holon::config {

// With `value`, which is JSON, at `path`; objects on the way are made, and a second key of that
// path goes. nullopt: a key on the way has a value that is no object.
std::optional<std::string> WithJsonValue(absl::string_view text, absl::string_view path,
                                         absl::string_view value);

// Without every key of that path, also one that holds the dots itself, and without the objects that
// became empty by it. nullopt: there is none.
std::optional<std::string> WithoutJsonKey(absl::string_view text, absl::string_view path);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_JSON_TEXT_H_
