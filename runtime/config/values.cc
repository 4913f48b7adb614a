#include "runtime/config/values.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/message.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/formats.h"
#include "runtime/config/text.h"

namespace holon::config {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status Refuse(const Leaf& leaf, absl::string_view found) {
  return absl::InvalidArgumentError(
      absl::StrCat("found ", found, "; allowed: ", AllowedText(leaf)));
}

// The message that holds the field.
Message* MutableHolder(const Leaf& leaf, v1::EffectiveConfig* config) {
  Message* holder = config;
  for (size_t i = 0; i + 1 < leaf.chain.size(); ++i) {
    holder = holder->GetReflection()->MutableMessage(holder, leaf.chain[i]);
  }
  return holder;
}

const Message& Holder(const Leaf& leaf, const v1::EffectiveConfig& config) {
  const Message* holder = &config;
  for (size_t i = 0; i + 1 < leaf.chain.size(); ++i) {
    holder = &holder->GetReflection()->GetMessage(*holder, leaf.chain[i]);
  }
  return *holder;
}

// A decimal integer as JSON writes it. Too large a number is one, but out of range.
absl::Status SetInteger(const Leaf& leaf, absl::string_view text, v1::EffectiveConfig* config) {
  absl::string_view digits = text;
  const bool negative = absl::ConsumePrefix(&digits, "-");
  const bool decimal = !digits.empty() &&
                       std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) &&
                       (digits.size() == 1 || digits[0] != '0');
  if (!decimal) {
    return Refuse(leaf, absl::StrCat(Excerpt(text), ", which is not a decimal integer"));
  }
  uint64_t number;
  const Range range = RangeOf(leaf);
  if (!absl::SimpleAtoi(digits, &number) || (negative && number != 0) || number < range.min ||
      number > range.max) {
    return Refuse(leaf, digits.size() > 40 ? absl::StrCat(text.substr(0, 40), "...") : text);
  }
  Message* holder = MutableHolder(leaf, config);
  if (leaf.field().cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    holder->GetReflection()->SetUInt32(holder, &leaf.field(), static_cast<uint32_t>(number));
  } else {
    holder->GetReflection()->SetUInt64(holder, &leaf.field(), number);
  }
  return absl::OkStatus();
}

absl::Status SetBoolean(const Leaf& leaf, absl::string_view text, v1::EffectiveConfig* config) {
  if (text != "true" && text != "false") return Refuse(leaf, Excerpt(text));
  Message* holder = MutableHolder(leaf, config);
  holder->GetReflection()->SetBool(holder, &leaf.field(), text == "true");
  return absl::OkStatus();
}

absl::Status SetEnum(const Leaf& leaf, absl::string_view text, v1::EffectiveConfig* config) {
  const google::protobuf::EnumDescriptor& type = *leaf.field().enum_type();
  for (int i = 1; i < type.value_count(); ++i) {
    if (EnumName(*type.value(i)) != text) continue;
    Message* holder = MutableHolder(leaf, config);
    holder->GetReflection()->SetEnum(holder, &leaf.field(), type.value(i));
    return absl::OkStatus();
  }
  return Refuse(leaf, absl::StrCat(Excerpt(text), Suggestion(text, EnumNames(leaf))));
}

// What holds for every string, in a list too.
absl::Status CheckText(const Leaf& leaf, absl::string_view text, size_t max_bytes) {
  if (!IsUtf8(text)) return Refuse(leaf, absl::StrCat(Excerpt(text), ", which is not UTF-8"));
  if (HasControlCharacter(text)) {
    return Refuse(leaf, absl::StrCat(Excerpt(text), " with control characters"));
  }
  if (text.size() > max_bytes) {
    return Refuse(leaf, absl::StrCat(text.size(), " bytes, more than ", max_bytes));
  }
  return absl::OkStatus();
}

absl::Status CheckFormat(const Leaf& leaf, absl::string_view text) {
  switch (leaf.rule->format()) {
    case v1::FORMAT_ADDRESS:
      if (text.empty() || ParseHostPort(text).has_value()) return absl::OkStatus();
      break;
    case v1::FORMAT_URL:
      if (text.empty() || IsUrl(text)) return absl::OkStatus();
      // Not quoted: it may hold a password.
      if (absl::StrContains(text, '@')) return Refuse(leaf, "a URL with '@', as credentials have");
      break;
    case v1::FORMAT_IDENTIFIER:
      if (IsIdentifier(text)) return absl::OkStatus();
      break;
    default:
      return absl::OkStatus();
  }
  return Refuse(leaf, Excerpt(text));
}

// Makes a path absolute. Stays empty where no path is what the field's default says.
absl::Status ResolvePath(const Leaf& leaf, const std::string& base, std::string* path) {
  if (path->empty()) {
    if (leaf.rule->default_value().empty() && !leaf.rule->from_home()) return absl::OkStatus();
    return Refuse(leaf, "an empty path");
  }
  if (*path == "~" || absl::StartsWith(*path, "~/")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ", Excerpt(*path),
        "; allowed: a path without '~', which only shells replace (or ./~ where it is meant)"));
  }
  if ((*path)[0] != '/' && base.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", Excerpt(*path),
                     ", and the current directory is gone; allowed: an "
                     "absolute path"));
  }
  *path = base::CanonicalPath(*path, base);
  if (leaf.rule->format() == v1::FORMAT_SOCKET_PATH && path->size() > kMaxSocketPathBytes) {
    return Refuse(leaf, absl::StrCat(*path, " with ", path->size(),
                                     " bytes (give a shorter --socket, or a home with a shorter "
                                     "path)"));
  }
  return CheckText(leaf, *path, MaxSizeOf(leaf));
}

absl::Status SetString(const Leaf& leaf, absl::string_view text, const std::string& base,
                       v1::EffectiveConfig* config) {
  HOLON_RETURN_IF_ERROR(CheckText(leaf, text, MaxSizeOf(leaf)));
  HOLON_RETURN_IF_ERROR(CheckFormat(leaf, text));
  std::string value(text);
  if (leaf.is_path()) HOLON_RETURN_IF_ERROR(ResolvePath(leaf, base, &value));
  Message* holder = MutableHolder(leaf, config);
  holder->GetReflection()->SetString(holder, &leaf.field(), value);
  return absl::OkStatus();
}

absl::Status SetList(const Leaf& leaf, const std::vector<std::string>& items,
                     v1::EffectiveConfig* config) {
  if (items.size() > MaxSizeOf(leaf)) {
    return Refuse(leaf, absl::StrCat(items.size(), " items"));
  }
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].empty()) return Refuse(leaf, absl::StrCat("nothing as item ", i + 1));
    HOLON_RETURN_IF_ERROR(CheckText(leaf, items[i], 4096));
  }
  Message* holder = MutableHolder(leaf, config);
  const Reflection* reflection = holder->GetReflection();
  reflection->ClearField(holder, &leaf.field());
  for (const std::string& item : items) reflection->AddString(holder, &leaf.field(), item);
  return absl::OkStatus();
}

// What was found where another type is asked for. Strings and numbers are quoted, except in a
// secret's place.
std::string FoundText(const Leaf& leaf, const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::kNull:
      return "null (leave the key out for the default)";
    case JsonKind::kArray:
      return "a list";
    case JsonKind::kObject:
      return "an object";
    case JsonKind::kBoolean:
      return value.text;
    case JsonKind::kNumber:
      return leaf.secret ? "a number" : absl::StrCat("the number ", value.text.substr(0, 40));
    case JsonKind::kString:
      break;
  }
  return leaf.secret ? "a string" : absl::StrCat("the string ", Excerpt(value.text));
}

absl::Status SetListFromJson(const Leaf& leaf, const JsonValue& value,
                             v1::EffectiveConfig* config) {
  std::vector<std::string> items;
  for (size_t i = 0; i < value.items.size(); ++i) {
    const JsonValue& item = value.items[i];
    if (item.kind != JsonKind::kString) {
      return Refuse(leaf, absl::StrCat(FoundText(leaf, item), " as item ", i + 1));
    }
    items.push_back(item.text);
  }
  return SetList(leaf, items, config);
}

absl::Status SetListFromText(const Leaf& leaf, absl::string_view text,
                             v1::EffectiveConfig* config) {
  absl::string_view stripped = absl::StripAsciiWhitespace(text);
  if (stripped.empty()) return SetList(leaf, {}, config);
  if (stripped[0] == '[') {
    JsonValue array;
    if (ReadJsonArray(stripped, &array)) return SetListFromJson(leaf, array, config);
    return Refuse(leaf, absl::StrCat(Excerpt(text), ", which is not a JSON array"));
  }
  std::vector<std::string> items;
  for (absl::string_view item : absl::StrSplit(stripped, ',')) {
    items.emplace_back(absl::StripAsciiWhitespace(item));
  }
  return SetList(leaf, items, config);
}

std::vector<std::string> ListOf(const Leaf& leaf, const Message& holder) {
  const Reflection* reflection = holder.GetReflection();
  std::vector<std::string> items;
  for (int i = 0; i < reflection->FieldSize(holder, &leaf.field()); ++i) {
    items.push_back(reflection->GetRepeatedString(holder, &leaf.field(), i));
  }
  return items;
}

}  // namespace

absl::Status SetFromJson(const Leaf& leaf, const JsonValue& value, const std::string& base,
                         v1::EffectiveConfig* config) {
  constexpr JsonKind kWanted[] = {JsonKind::kString, JsonKind::kNumber, JsonKind::kBoolean,
                                  JsonKind::kString, JsonKind::kArray};
  if (value.kind != kWanted[static_cast<int>(leaf.type)]) {
    return Refuse(leaf, FoundText(leaf, value));
  }
  if (leaf.type == LeafType::kStringList) return SetListFromJson(leaf, value, config);
  return SetFromText(leaf, value.text, base, config);
}

absl::Status SetFromText(const Leaf& leaf, absl::string_view text, const std::string& base,
                         v1::EffectiveConfig* config) {
  if (leaf.secret) return SetSecret(leaf, text, config);
  switch (leaf.type) {
    case LeafType::kInteger:
      return SetInteger(leaf, text, config);
    case LeafType::kBoolean:
      return SetBoolean(leaf, text, config);
    case LeafType::kEnum:
      return SetEnum(leaf, text, config);
    case LeafType::kStringList:
      return SetListFromText(leaf, text, config);
    case LeafType::kString:
      break;
  }
  return SetString(leaf, text, base, config);
}

absl::Status SetSecret(const Leaf& leaf, absl::string_view value, v1::EffectiveConfig* config) {
  if (value.empty()) return Refuse(leaf, "nothing");
  if (value.size() > kMaxSecretBytes) return Refuse(leaf, absl::StrCat(value.size(), " bytes"));
  if (!IsSecret(value)) return Refuse(leaf, "other characters in it");
  Message* holder = MutableHolder(leaf, config);
  holder->GetReflection()->SetString(holder, &leaf.field(), std::string(value));
  return absl::OkStatus();
}

absl::Status SetDefault(const Leaf& leaf, const std::string& home, v1::EffectiveConfig* config) {
  if (leaf.secret) return absl::OkStatus();
  return SetFromText(leaf, leaf.rule->from_home() ? home : leaf.rule->default_value(), home,
                     config);
}

std::string TextOf(const Leaf& leaf, const v1::EffectiveConfig& config) {
  if (leaf.type != LeafType::kString && leaf.type != LeafType::kEnum) {
    return CanonicalOf(leaf, config);
  }
  const Message& holder = Holder(leaf, config);
  const Reflection* reflection = holder.GetReflection();
  if (leaf.type == LeafType::kString) return reflection->GetString(holder, &leaf.field());
  int number = reflection->GetEnumValue(holder, &leaf.field());
  const EnumValueDescriptor* value = leaf.field().enum_type()->FindValueByNumber(number);
  return value == nullptr ? absl::StrCat(number) : EnumName(*value);
}

std::string CanonicalOf(const Leaf& leaf, const v1::EffectiveConfig& config) {
  const Message& holder = Holder(leaf, config);
  const Reflection* reflection = holder.GetReflection();
  switch (leaf.type) {
    case LeafType::kInteger:
      return leaf.field().cpp_type() == FieldDescriptor::CPPTYPE_UINT32
                 ? absl::StrCat(reflection->GetUInt32(holder, &leaf.field()))
                 : absl::StrCat(reflection->GetUInt64(holder, &leaf.field()));
    case LeafType::kBoolean:
      return reflection->GetBool(holder, &leaf.field()) ? "true" : "false";
    case LeafType::kStringList:
      return absl::StrCat("[",
                          absl::StrJoin(ListOf(leaf, holder), ",",
                                        [](std::string* out, const std::string& item) {
                                          out->append(JsonString(item));
                                        }),
                          "]");
    case LeafType::kString:
    case LeafType::kEnum:
      break;
  }
  return JsonString(TextOf(leaf, config));
}

bool Has(const Leaf& leaf, const v1::EffectiveConfig& config) {
  const Message& holder = Holder(leaf, config);
  const Reflection* reflection = holder.GetReflection();
  return leaf.type == LeafType::kStringList ? reflection->FieldSize(holder, &leaf.field()) > 0
                                            : reflection->HasField(holder, &leaf.field());
}

void Copy(const Leaf& leaf, const v1::EffectiveConfig& from, v1::EffectiveConfig* to) {
  const Message& source = Holder(leaf, from);
  Message* target = MutableHolder(leaf, to);
  const Reflection* reflection = target->GetReflection();
  const FieldDescriptor* field = &leaf.field();
  reflection->ClearField(target, field);
  if (!Has(leaf, from)) return;
  switch (leaf.type) {
    case LeafType::kString:
      reflection->SetString(target, field, reflection->GetString(source, field));
      break;
    case LeafType::kInteger:
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
        reflection->SetUInt32(target, field, reflection->GetUInt32(source, field));
      } else {
        reflection->SetUInt64(target, field, reflection->GetUInt64(source, field));
      }
      break;
    case LeafType::kBoolean:
      reflection->SetBool(target, field, reflection->GetBool(source, field));
      break;
    case LeafType::kEnum:
      reflection->SetEnumValue(target, field, reflection->GetEnumValue(source, field));
      break;
    case LeafType::kStringList:
      for (const std::string& item : ListOf(leaf, source)) {
        reflection->AddString(target, field, item);
      }
      break;
  }
}

}  // namespace holon::config
