// Any text: every entry has a path of names or a fault, and a place in the text.
#include <stddef.h>
#include <stdint.h>

#include <string>

#include "absl/strings/string_view.h"
#include "runtime/config/json_reader.h"

namespace {

// Whether no name in a path is empty.
bool IsPath(absl::string_view path) {
  return !path.empty() && path.front() != '.' && path.back() != '.' &&
         path.find("..") == absl::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  for (const holon::config::JsonEntry& entry : holon::config::ReadJsonObject(text)) {
    if (entry.fault.empty() && !IsPath(entry.path)) __builtin_trap();
    if (entry.key_place.line < 1 || entry.key_place.column < 1) __builtin_trap();
    if (entry.ends_here && entry.fault.empty()) __builtin_trap();
  }
  holon::config::JsonValue array;
  if (holon::config::ReadJsonArray(text, &array) && array.kind != holon::config::JsonKind::kArray) {
    __builtin_trap();
  }
  return 0;
}
