#include "ctl/render/json_view.h"

#include "google/protobuf/descriptor.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace holon::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

// Null where it has no words.
constexpr char kNextCommand[] = "next_command";

void WriteMessage(const Message& message, const std::string& inlined, Writer* writer);

// `index` is that of a repeated field, -1 for a single one. Views hold no other types than these.
void WriteValue(const Message& message, const FieldDescriptor* field, int index, Writer* writer) {
  const Reflection* reflection = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = one ? reflection->GetString(message, field)
                             : reflection->GetRepeatedString(message, field, index);
      writer->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
      return;
    }
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
                   "", writer);
      return;
    default:
      GOOGLE_LOG(FATAL) << field->full_name() << " has a type that no view may have";
  }
}

void WriteFields(const Message& message, const std::string& inlined, Writer* writer) {
  const Reflection* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->name() == inlined) {
      WriteFields(reflection->GetMessage(message, field), "", writer);
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

void WriteMessage(const Message& message, const std::string& inlined, Writer* writer) {
  writer->StartObject();
  WriteFields(message, inlined, writer);
  writer->EndObject();
}

}  // namespace

std::string ToJsonLine(const Message& view, const std::string& inlined) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  WriteMessage(view, inlined, &writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace holon::ctl
