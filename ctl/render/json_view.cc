#include "ctl/render/json_view.h"

#include <cmath>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/struct.pb.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

// Null where it has no words.
constexpr char kNextCommand[] = "next_command";
// Its fields stand in the place of it.
constexpr char kInlined[] = "holon.ctl.v1.LifecycleView.status";

void WriteMessage(const Message& message, Writer* writer);

void WriteText(const std::string& text, Writer* writer) {
  const std::string valid = config::ToUtf8(text);
  writer->String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

// Up to here a double holds every integer.
constexpr double kExactIntegers = 9007199254740992;

// A value of any kind.
void WriteAny(const google::protobuf::Value& value, Writer* writer) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kNumberValue:
      // Settings are integers, and a double holds all of theirs.
      if (value.number_value() == std::trunc(value.number_value()) &&
          std::abs(value.number_value()) < kExactIntegers) {
        writer->Int64(static_cast<int64_t>(value.number_value()));
      } else {
        writer->Double(value.number_value());
      }
      return;
    case google::protobuf::Value::kBoolValue:
      writer->Bool(value.bool_value());
      return;
    case google::protobuf::Value::kStringValue:
      WriteText(value.string_value(), writer);
      return;
    case google::protobuf::Value::kListValue:
      writer->StartArray();
      for (const google::protobuf::Value& item : value.list_value().values()) {
        WriteAny(item, writer);
      }
      writer->EndArray();
      return;
    case google::protobuf::Value::kStructValue:
      writer->StartObject();
      for (const auto& [name, member] : value.struct_value().fields()) {
        const std::string key = config::ToUtf8(name);
        writer->Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
        WriteAny(member, writer);
      }
      writer->EndObject();
      return;
    default:
      writer->Null();
  }
}

// `index` is that of a repeated field, -1 for a single one. Views hold no other types than these.
void WriteValue(const Message& message, const FieldDescriptor* field, int index, Writer* writer) {
  const Reflection* reflection = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      WriteText(one ? reflection->GetString(message, field)
                    : reflection->GetRepeatedString(message, field, index),
                writer);
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      writer->Bool(reflection->GetBool(message, field));
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      writer->Uint(reflection->GetUInt32(message, field));
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      writer->Int64(reflection->GetInt64(message, field));
      return;
    case FieldDescriptor::CPPTYPE_UINT64:
      writer->Uint64(reflection->GetUInt64(message, field));
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      writer->Double(reflection->GetDouble(message, field));
      return;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      WriteMessage(one ? reflection->GetMessage(message, field)
                       : reflection->GetRepeatedMessage(message, field, index),
                   writer);
      return;
    default:
      GOOGLE_LOG(FATAL) << field->full_name() << " has a type that no view may have";
  }
}

void WriteFields(const Message& message, Writer* writer) {
  const Reflection* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->full_name() == kInlined) {
      WriteFields(reflection->GetMessage(message, field), writer);
      continue;
    }
    writer->Key(field->name().c_str());
    if (field->name() == kNextCommand && reflection->FieldSize(message, field) == 0) {
      writer->Null();
    } else if (field->is_repeated()) {
      writer->StartArray();
      for (int at = 0; at < reflection->FieldSize(message, field); ++at) {
        WriteValue(message, field, at, writer);
      }
      writer->EndArray();
    } else if (reflection->HasField(message, field)) {
      WriteValue(message, field, -1, writer);
    } else {
      writer->Null();
    }
  }
}

void WriteMessage(const Message& message, Writer* writer) {
  if (message.GetDescriptor() == google::protobuf::Value::descriptor()) {
    WriteAny(static_cast<const google::protobuf::Value&>(message), writer);
    return;
  }
  writer->StartObject();
  WriteFields(message, writer);
  writer->EndObject();
}

}  // namespace

std::string ToJsonLine(const Message& view) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  WriteMessage(view, &writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace holon::ctl
