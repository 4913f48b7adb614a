#include "runtime/config/wanted.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/unknown_field_set.h"
#include "runtime/config/rules.h"
#include "runtime/config/schema.h"
#include "runtime/config/text.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

using google::protobuf::Message;

v1::Origin WantedOrigin() {
  v1::Origin origin;
  origin.set_source(v1::SOURCE_FLAG);
  origin.set_location("CompareConfig");
  return origin;
}

// Whether the field says where a runtime is found, so that whoever speaks to it has said it
// already.
bool IsWhereabouts(const Leaf& leaf) {
  return leaf.rule->from_home() || leaf.rule->format() == v1::FORMAT_SOCKET_PATH;
}

// Fields of a newer contract: leaving them out would compare something else than was asked for.
void FindUnknownFields(const Message& message, const std::string& path,
                       std::vector<Fault>* faults) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection->GetUnknownFields(message);
  std::set<int> numbers;
  for (int i = 0; i < unknown.field_count(); ++i) numbers.insert(unknown.field(i).number());
  if (!numbers.empty()) {
    faults->push_back({path, WantedOrigin(),
                       absl::StrCat("found fields that this version does not know: number ",
                                    absl::StrJoin(numbers, ", "))});
  }
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type.field(i);
    if (field->is_repeated() ||
        field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE ||
        !reflection->HasField(message, field)) {
      continue;
    }
    FindUnknownFields(reflection->GetMessage(message, field),
                      path.empty() ? field->name() : absl::StrCat(path, ".", field->name()),
                      faults);
  }
}

absl::Status SetWanted(const Leaf& leaf, const v1::EffectiveConfig& wanted,
                       v1::EffectiveConfig* values) {
  std::string text = TextOf(leaf, wanted);
  if (leaf.is_path() && !text.empty() && text[0] != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", Excerpt(text), "; allowed: an absolute path"));
  }
  return SetFromText(leaf, text, "/", values);
}

}  // namespace

Configuration FromMessage(const v1::EffectiveConfig& wanted, const Configuration& current,
                          std::vector<Fault>* faults) {
  Configuration result;
  std::set<std::string> broken;
  FindUnknownFields(wanted, "", faults);
  // Fields of the home first: the defaults of others count from it.
  std::string home;
  auto set = [&](const Leaf& leaf) {
    absl::Status status;
    if (Has(leaf, wanted)) {
      result.origins[leaf.path] = WantedOrigin();
      status = SetWanted(leaf, wanted, &result.values);
    } else if (IsWhereabouts(leaf)) {
      auto origin = current.origins.find(leaf.path);
      if (origin != current.origins.end()) result.origins[leaf.path] = origin->second;
      Copy(leaf, current.values, &result.values);
    } else {
      result.origins[leaf.path].set_source(v1::SOURCE_DEFAULT);
      status = SetDefault(leaf, home, &result.values);
    }
    if (status.ok()) return;
    broken.insert(leaf.path);
    faults->push_back({leaf.path, result.origins[leaf.path], std::string(status.message())});
  };
  for (const Leaf& leaf : Leaves()) {
    if (!leaf.rule->from_home()) continue;
    set(leaf);
    home = TextOf(leaf, result.values);
  }
  for (const Leaf& leaf : Leaves()) {
    if (!leaf.rule->from_home()) set(leaf);
  }
  for (Fault& fault : CheckRules(result, broken)) faults->push_back(std::move(fault));
  return result;
}

}  // namespace holon::config
