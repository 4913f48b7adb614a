// A JSON object as a flat list of paths and values, each with its place in the text. Knows nothing
// of configuration. Pure.
#ifndef HOLON_RUNTIME_CONFIG_JSON_READER_H_
#define HOLON_RUNTIME_CONFIG_JSON_READER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holon::config {

inline constexpr int kMaxJsonDepth = 32;

enum class JsonKind { kNull, kBoolean, kNumber, kString, kArray, kObject };

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  // Of a string its content, of a number or boolean what is written.
  std::string text;
  // Of an array; arrays and objects in it stand here without what they hold.
  std::vector<JsonValue> items;
};

// Both count from 1; columns are characters, not bytes.
struct JsonPlace {
  int line = 1;
  int column = 1;
};

// A key with its value, or something that is wrong.
struct JsonEntry {
  std::string
      path;  // Keys joined with dots. An object's own entry precedes those of what it holds.
  JsonValue value;
  JsonPlace key_place;
  JsonPlace value_place;
  // Not empty: what is wrong at key_place; there is no value then.
  std::string fault;
  // With `fault`: the text cannot be read on from here, so that more may be missing.
  bool ends_here = false;
};

// All entries in the order of the text. Faults: syntax, encoding, NUL, a top level that is no
// object, depth, keys that are empty, stand twice or hold a dot. Never recurses, whatever the text.
std::vector<JsonEntry> ReadJsonObject(absl::string_view text);

// One array by itself, as written in a variable or option. False where it is anything else.
bool ReadJsonArray(absl::string_view text, JsonValue* array);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_JSON_READER_H_
