#include "ctl/render/json_view.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "holon/ctl/v1/views.pb.h"
#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kBad[] = "a\xff\"\n\xed\xa0\x80";

// Sets every string in `message`, and in all that it may hold, to bytes that are not UTF-8.
void Spoil(Message* message, int depth) {
  if (auto* value = dynamic_cast<google::protobuf::Value*>(message)) {
    (*value->mutable_struct_value()->mutable_fields())["k"].set_string_value(kBad);
    return;
  }
  const google::protobuf::Reflection* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) {
        reflection->AddString(message, field, kBad);
      } else {
        reflection->SetString(message, field, kBad);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth > 0) {
      Spoil(field->is_repeated() ? reflection->AddMessage(message, field)
                                 : reflection->MutableMessage(message, field),
            depth - 1);
    }
  }
}

TEST(JsonView, EveryStringOfEveryViewIsUtf8WhateverItHolds) {
  const google::protobuf::FileDescriptor* file = v1::StatusView::descriptor()->file();
  ASSERT_GT(file->message_type_count(), 10);
  for (int i = 0; i < file->message_type_count(); ++i) {
    SCOPED_TRACE(file->message_type(i)->name());
    std::unique_ptr<Message> view(google::protobuf::MessageFactory::generated_factory()
                                      ->GetPrototype(file->message_type(i))
                                      ->New());
    Spoil(view.get(), 4);
    const std::string line = ToJsonLine(*view);
    EXPECT_TRUE(config::IsUtf8(line));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    google::protobuf::Value parsed;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &parsed).ok()) << line;
    EXPECT_TRUE(parsed.has_struct_value());
  }
}

TEST(JsonView, ValuesAreWhatTheyAre) {
  v1::SettingView view;
  EXPECT_NE(ToJsonLine(view).find("\"value\":null"), std::string::npos);
  view.mutable_value()->set_number_value(4294967295.0);
  EXPECT_NE(ToJsonLine(view).find("\"value\":4294967295,"), std::string::npos);
  view.mutable_value()->set_number_value(0.5);
  EXPECT_NE(ToJsonLine(view).find("\"value\":0.5,"), std::string::npos);
  view.mutable_value()->mutable_list_value()->add_values()->set_bool_value(true);
  EXPECT_NE(ToJsonLine(view).find("\"value\":[true]"), std::string::npos);
}

}  // namespace
}  // namespace holon::ctl
