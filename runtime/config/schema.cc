#include "runtime/config/schema.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "runtime/config/formats.h"

namespace holon::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

constexpr absl::string_view kFileSuffix = "_file";
constexpr absl::string_view kVariableFileSuffix = "_FILE";
constexpr size_t kDefaultMaxBytes = 4096;
constexpr size_t kDefaultMaxItems = 64;

LeafType TypeOf(const FieldDescriptor& field) {
  if (field.is_repeated() && field.type() == FieldDescriptor::TYPE_STRING) {
    return LeafType::kStringList;
  }
  if (!field.is_repeated() && field.has_presence()) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return LeafType::kString;
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
        return LeafType::kInteger;
      case FieldDescriptor::CPPTYPE_BOOL:
        return LeafType::kBoolean;
      case FieldDescriptor::CPPTYPE_ENUM:
        return LeafType::kEnum;
      default:
        break;
    }
  }
  std::fprintf(stderr, "%s has a type that configuration does not know\n",
               field.full_name().c_str());
  std::abort();  // A bug in the proto, which every test meets.
}

Leaf MakeLeaf(const std::string& path, std::vector<const FieldDescriptor*> chain) {
  const FieldDescriptor& field = *chain.back();
  Leaf leaf;
  leaf.path = path;
  leaf.variable =
      absl::StrCat("HOLON_", absl::AsciiStrToUpper(absl::StrReplaceAll(path, {{".", "_"}})));
  leaf.type = TypeOf(field);
  leaf.apply = field.options().GetExtension(v1::apply);
  if (leaf.apply == v1::APPLY_UNSPECIFIED) leaf.apply = v1::APPLY_RESTART;
  leaf.secret = field.options().GetExtension(v1::secret);
  leaf.rule = &field.options().GetExtension(v1::rule);
  leaf.chain = std::move(chain);
  return leaf;
}

void AddLeaves(const Descriptor& message, const std::string& prefix,
               const std::vector<const FieldDescriptor*>& chain, std::vector<Leaf>* leaves) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    std::vector<const FieldDescriptor*> extended = chain;
    extended.push_back(field);
    std::string path = absl::StrCat(prefix, field->name());
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) {
      AddLeaves(*field->message_type(), absl::StrCat(path, "."), extended, leaves);
    } else {
      leaves->push_back(MakeLeaf(path, std::move(extended)));
    }
  }
}

std::vector<Leaf> BuildLeaves() {
  std::vector<Leaf> leaves;
  AddLeaves(*v1::EffectiveConfig::descriptor(), "", {}, &leaves);
  std::sort(leaves.begin(), leaves.end(),
            [](const Leaf& a, const Leaf& b) { return a.path < b.path; });
  return leaves;
}

std::vector<Target> Targets() {
  std::vector<Target> targets;
  for (const Leaf& leaf : Leaves()) {
    targets.push_back({&leaf, false});
    if (leaf.secret) targets.push_back({&leaf, true});
  }
  return targets;
}

}  // namespace

const std::vector<Leaf>& Leaves() {
  static const std::vector<Leaf>& leaves = *new std::vector<Leaf>(BuildLeaves());
  return leaves;
}

const Leaf* FindLeaf(absl::string_view path) {
  const std::vector<Leaf>& leaves = Leaves();
  auto found = std::lower_bound(
      leaves.begin(), leaves.end(), path,
      [](const Leaf& leaf, absl::string_view wanted) { return leaf.path < wanted; });
  return found != leaves.end() && found->path == path ? &*found : nullptr;
}

bool IsGroup(absl::string_view path) {
  std::string prefix = absl::StrCat(path, ".");
  return std::any_of(Leaves().begin(), Leaves().end(),
                     [&](const Leaf& leaf) { return absl::StartsWith(leaf.path, prefix); });
}

const Leaf& SocketLeaf() {
  return *std::find_if(Leaves().begin(), Leaves().end(), [](const Leaf& leaf) {
    return leaf.rule->format() == v1::FORMAT_SOCKET_PATH;
  });
}

Target FindTarget(absl::string_view path) {
  if (const Leaf* leaf = FindLeaf(path)) return {leaf, false};
  if (absl::ConsumeSuffix(&path, kFileSuffix)) {
    const Leaf* leaf = FindLeaf(path);
    if (leaf != nullptr && leaf->secret) return {leaf, true};
  }
  return {};
}

Target FindVariable(absl::string_view name) {
  if (name == kSocketVariable) return {&SocketLeaf(), false};
  for (const Leaf& leaf : Leaves()) {
    if (leaf.variable == name) return {&leaf, false};
    if (leaf.secret && absl::StrCat(leaf.variable, kVariableFileSuffix) == name) {
      return {&leaf, true};
    }
  }
  return {};
}

std::string PathOf(const Target& target) {
  return absl::StrCat(target.leaf->path, target.names_file ? kFileSuffix : "");
}

std::string VariableOf(const Target& target) {
  return absl::StrCat(target.leaf->variable, target.names_file ? kVariableFileSuffix : "");
}

std::vector<std::string> TargetPaths() {
  std::vector<std::string> paths;
  for (const Target& target : Targets()) paths.push_back(PathOf(target));
  return paths;
}

std::vector<std::string> TargetVariables() {
  std::vector<std::string> variables = {std::string(kSocketVariable), "HOLON_HOME"};
  for (const Target& target : Targets()) variables.push_back(VariableOf(target));
  return variables;
}

std::string EnumName(const EnumValueDescriptor& value) {
  // The unspecified value's name tells the prefix of all.
  absl::string_view prefix = value.type()->value(0)->name();
  absl::ConsumeSuffix(&prefix, "UNSPECIFIED");
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), prefix));
}

std::vector<std::string> EnumNames(const Leaf& leaf) {
  std::vector<std::string> names;
  const google::protobuf::EnumDescriptor& type = *leaf.field().enum_type();
  for (int i = 1; i < type.value_count(); ++i) names.push_back(EnumName(*type.value(i)));
  return names;
}

Range RangeOf(const Leaf& leaf) {
  uint64_t largest = leaf.field().cpp_type() == FieldDescriptor::CPPTYPE_UINT32
                         ? std::numeric_limits<uint32_t>::max()
                         : std::numeric_limits<uint64_t>::max();
  return {leaf.rule->has_min() ? leaf.rule->min() : 0,
          leaf.rule->has_max() ? std::min<uint64_t>(leaf.rule->max(), largest) : largest};
}

size_t MaxSizeOf(const Leaf& leaf) {
  if (leaf.rule->max_size() != 0) return leaf.rule->max_size();
  return leaf.type == LeafType::kStringList ? kDefaultMaxItems : kDefaultMaxBytes;
}

std::string TypeName(const Leaf& leaf) {
  if (leaf.secret) return "secret";
  switch (leaf.type) {
    case LeafType::kInteger:
      return "integer";
    case LeafType::kBoolean:
      return "boolean";
    case LeafType::kEnum:
      return "enum";
    case LeafType::kStringList:
      return "list of strings";
    case LeafType::kString:
      break;
  }
  if (leaf.is_path()) return "path";
  if (leaf.rule->format() == v1::FORMAT_ADDRESS) return "address";
  if (leaf.rule->format() == v1::FORMAT_URL) return "url";
  return "string";
}

std::string AllowedText(const Leaf& leaf) {
  if (leaf.secret) return absl::StrCat("1 to ", kMaxSecretBytes, " visible ASCII characters");
  switch (leaf.type) {
    case LeafType::kInteger:
      return absl::StrCat("an integer from ", RangeOf(leaf).min, " to ", RangeOf(leaf).max);
    case LeafType::kBoolean:
      return "true or false";
    case LeafType::kEnum:
      return absl::StrCat("one of ", absl::StrJoin(EnumNames(leaf), ", "));
    case LeafType::kStringList:
      return absl::StrCat("a list of at most ", MaxSizeOf(leaf), " strings");
    case LeafType::kString:
      break;
  }
  switch (leaf.rule->format()) {
    case v1::FORMAT_PATH:
      return "a path";
    case v1::FORMAT_SOCKET_PATH:
      return absl::StrCat("a path of at most ", kMaxSocketPathBytes, " bytes when made absolute");
    case v1::FORMAT_ADDRESS:
      return "HOST:PORT, [V6]:PORT, or empty for off";
    case v1::FORMAT_URL:
      return "an http or https URL without credentials, or empty for none";
    case v1::FORMAT_IDENTIFIER:
      return "1 to 64 of letters, digits, '-', '_' and '.', beginning with a letter or digit";
    default:
      return absl::StrCat("a string of at most ", MaxSizeOf(leaf),
                          " bytes without control characters");
  }
}

}  // namespace holon::config
