// Views: what is printed for programs and for people.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ctl/render/console.h"
#include "ctl/render/json_view.h"
#include "ctl/render/status_text.h"
#include "ctl/render/status_view.h"
#include "google/protobuf/struct.pb.h"
#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

TEST(JsonViewTest, EveryKeyIsThereAndNumbersAreNumbers) {
  v1::StepView step;
  step.set_step("a \"b\"\n");
  EXPECT_EQ(ToJsonLine(step),
            R"({"step":"a \"b\"\n","evidence":null,"outcome":null,"duration_ms":null})");
  v1::StatusView status;
  status.set_pid(int64_t{1} << 40);
  EXPECT_NE(ToJsonLine(status).find("\"pid\":1099511627776,"), std::string::npos);
  EXPECT_NE(ToJsonLine(status).find("\"stale_files\":[]"), std::string::npos);
  EXPECT_NE(ToJsonLine(status).find("\"activity\":null"), std::string::npos);
}

TEST(JsonViewTest, LifecycleHasTheStatusAtTopLevel) {
  v1::LifecycleView view;
  view.mutable_status()->set_state("running");
  view.set_action("started");
  const std::string text = ToJsonLine(view);
  EXPECT_NE(text.find("\"action\":\"started\""), std::string::npos);
  EXPECT_NE(text.find("\"state\":\"running\""), std::string::npos);
  EXPECT_EQ(text.find("\"status\""), std::string::npos);
}

// Every text of a message and below set to bytes that are no text.
void Spoil(google::protobuf::Message* message) {
  const google::protobuf::Reflection* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = message->GetDescriptor()->field(i);
    const bool message_field =
        field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
    const bool text = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING;
    if (message_field && field->message_type() == google::protobuf::Value::descriptor()) {
      static_cast<google::protobuf::Value*>(reflection->MutableMessage(message, field))
          ->set_string_value("a\xff");
    } else if (message_field) {
      Spoil(field->is_repeated() ? reflection->AddMessage(message, field)
                                 : reflection->MutableMessage(message, field));
    } else if (text && field->is_repeated()) {
      reflection->AddString(message, field, "a\xff");
    } else if (text) {
      reflection->SetString(message, field, "a\xff");
    }
  }
}

TEST(JsonViewTest, IsUtf8WhateverStandsInAnyView) {
  const google::protobuf::FileDescriptor* file = v1::StatusView::descriptor()->file();
  ASSERT_GT(file->message_type_count(), 15);
  for (int i = 0; i < file->message_type_count(); ++i) {
    SCOPED_TRACE(file->message_type(i)->full_name());
    std::unique_ptr<google::protobuf::Message> view(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(file->message_type(i))
            ->New());
    Spoil(view.get());
    const std::string text = ToJsonLine(*view);
    EXPECT_TRUE(config::IsUtf8(text)) << text;
    EXPECT_EQ(text.find("a\xff"), std::string::npos);
  }
}

TEST(StatusViewTest, HasEveryKeyForEveryVerdict) {
  for (probe::Verdict verdict :
       {probe::Verdict::kUnresponsive, probe::Verdict::kIncompatible, probe::Verdict::kForeign,
        probe::Verdict::kStale, probe::Verdict::kStopped}) {
    SCOPED_TRACE(std::string(probe::VerdictName(verdict)));
    probe::Sighting sighting;
    sighting.verdict = verdict;
    StatusInputs inputs;
    inputs.sighting = &sighting;
    inputs.home = "/h";
    v1::StatusView view = MakeStatusView(inputs);
    EXPECT_TRUE(view.ok());
    EXPECT_FALSE(view.healthy());
    EXPECT_EQ(view.state(), std::string(probe::VerdictName(verdict)));
    const std::string text = ToJsonLine(view);
    for (const char* key :
         {"ok", "state", "healthy", "home_dir", "socket_path", "http_addr", "pid",
          "control_connectivity", "runtime_config_fingerprint", "config_fingerprint_match",
          "activity", "last_failure", "stale_files", "message", "instance_id", "phase", "version",
          "started_at", "differences"}) {
      EXPECT_NE(text.find(std::string("\"") + key + "\":"), std::string::npos) << key;
    }
  }
}

TEST(StatusViewTest, TakesPidAndFingerprintFromTheRecordWhenNothingAnswers) {
  probe::Sighting sighting;
  sighting.verdict = probe::Verdict::kStale;
  sighting.record.emplace();
  sighting.record->mutable_identity()->set_pid(12);
  sighting.record->set_config_fingerprint("f");
  StatusInputs inputs;
  inputs.sighting = &sighting;
  v1::StatusView view = MakeStatusView(inputs);
  EXPECT_EQ(view.pid(), 12);
  EXPECT_EQ(view.runtime_config_fingerprint(), "f");
  EXPECT_FALSE(view.has_config_fingerprint_match());
  EXPECT_FALSE(view.control_connectivity());
}

TEST(StatusViewTest, SaysWhoseFailureItIs) {
  probe::Sighting sighting;
  sighting.verdict = probe::Verdict::kRunning;
  sighting.answer.emplace();
  sighting.answer->set_instance_id("now");
  StatusInputs inputs;
  inputs.sighting = &sighting;
  inputs.failures.add_failures()->set_instance_id("before");
  EXPECT_FALSE(MakeStatusView(inputs).last_failure().this_generation());
  inputs.failures.mutable_failures(0)->set_instance_id("now");
  EXPECT_TRUE(MakeStatusView(inputs).last_failure().this_generation());
}

TEST(ActivityTest, IsOneSentenceForEachState) {
  holon::v1::Activity activity;
  activity.set_state(holon::v1::ACTIVITY_STATE_IDLE);
  EXPECT_EQ(ActivitySentence(activity).substr(0, 5), "idle:");
  activity.set_state(holon::v1::ACTIVITY_STATE_WAITING);
  activity.set_active_tasks(3);
  EXPECT_NE(ActivitySentence(activity).find("3 events"), std::string::npos);
  activity.set_state(holon::v1::ACTIVITY_STATE_PROCESSING);
  EXPECT_EQ(ActivitySentence(activity).substr(0, 11), "processing:");
}

TEST(ConsoleTest, ColoursFollowTheConventions) {
  EXPECT_TRUE(UseColor(ColorChoice::kAuto, nullptr, "xterm", true));
  EXPECT_TRUE(UseColor(ColorChoice::kAuto, "", "xterm", true)) << "empty NO_COLOR does not count";
  EXPECT_FALSE(UseColor(ColorChoice::kAuto, "1", "xterm", true));
  EXPECT_FALSE(UseColor(ColorChoice::kAuto, nullptr, "dumb", true));
  EXPECT_FALSE(UseColor(ColorChoice::kAuto, nullptr, "xterm", false));
  EXPECT_TRUE(UseColor(ColorChoice::kAlways, "1", "dumb", false));
  EXPECT_FALSE(UseColor(ColorChoice::kNever, nullptr, "xterm", true));
}

TEST(ConsoleTest, TextFromElsewhereDoesNothingToATerminal) {
  EXPECT_EQ(Printable("plain äöü ✓"), "plain äöü ✓");
  EXPECT_EQ(Printable("a\tb\nc\n\nd\n"), "a    b\nc\n\nd\n");
  EXPECT_EQ(Printable("\x1b]0;title\x07 \x1b[2J \r\x08\x7f \xc2\x9b"), "?]0;title? ?[2J ??? ?");
  EXPECT_EQ(Printable("\xff"), "?");
  EXPECT_EQ(Printable(""), "");
}

}  // namespace
}  // namespace holon::ctl
