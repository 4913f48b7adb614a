// The fields of EffectiveConfig as a flat list, derived from its descriptor and the options on it.
// Whoever needs to know a field asks here; no list of names exists anywhere.
#ifndef HOLON_RUNTIME_CONFIG_SCHEMA_H_
#define HOLON_RUNTIME_CONFIG_SCHEMA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "holon/v1/config.pb.h"

namespace holon::config {

// How a leaf's value is read.
enum class LeafType { kString, kInteger, kBoolean, kEnum, kStringList };

// A field that holds a value. Lives as long as the process.
struct Leaf {
  std::string path;      // "model.default"
  std::string variable;  // "HOLON_MODEL_DEFAULT"
  LeafType type = LeafType::kString;
  v1::Apply apply = v1::APPLY_RESTART;  // Never UNSPECIFIED.
  bool secret = false;
  const v1::FieldRule* rule = nullptr;  // Never null.
  // From EffectiveConfig down to the field itself.
  std::vector<const google::protobuf::FieldDescriptor*> chain;

  const google::protobuf::FieldDescriptor& field() const { return *chain.back(); }
  // Its value is a path.
  bool is_path() const {
    return rule->format() == v1::FORMAT_PATH || rule->format() == v1::FORMAT_SOCKET_PATH;
  }
};

// All leaves, sorted by path as bytes. Built at the first call; thread-safe.
const std::vector<Leaf>& Leaves();

// The leaf at a path; null where there is none.
const Leaf* FindLeaf(absl::string_view path);

// True of the path of a message that holds leaves ("model").
bool IsGroup(absl::string_view path);

// The variable beside that of its own that sets the socket, as --socket does.
inline constexpr absl::string_view kSocketVariable = "HOLON_SOCKET";

// The leaf that --socket and kSocketVariable set.
const Leaf& SocketLeaf();

// What a name stands for: a leaf, or for "X_file" the file that the secret X is read from.
struct Target {
  const Leaf* leaf = nullptr;
  bool names_file = false;
};

// A path as in config.json and --set; `leaf` is null where nothing has this name.
Target FindTarget(absl::string_view path);

// The name of a variable.
Target FindVariable(absl::string_view name);

// The other direction: "model.default", "control_token_file"; "HOLON_CONTROL_TOKEN_FILE".
std::string PathOf(const Target& target);
std::string VariableOf(const Target& target);

// Everything that FindTarget and FindVariable know, for suggestions.
std::vector<std::string> TargetPaths();
std::vector<std::string> TargetVariables();

// The values of an enum as written everywhere: lower case, without prefix, without the unspecified
// one.
std::vector<std::string> EnumNames(const Leaf& leaf);
std::string EnumName(const google::protobuf::EnumValueDescriptor& value);

// The numbers allowed in an integer.
struct Range {
  uint64_t min;
  uint64_t max;
};
Range RangeOf(const Leaf& leaf);

// Bytes of a string, or items of a list, allowed.
size_t MaxSizeOf(const Leaf& leaf);

// "string", "path", "address", "url", "integer", "boolean", "enum", "list of strings", "secret".
std::string TypeName(const Leaf& leaf);

// What the field may hold, as a phrase: "an integer from 1 to 100", "one of auto, required,
// disabled".
std::string AllowedText(const Leaf& leaf);

// What the proto says about the field, as one line.
std::string Comment(const Leaf& leaf);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_SCHEMA_H_
