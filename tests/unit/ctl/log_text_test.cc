#include "ctl/render/log_text.h"

#include <gtest/gtest.h>

namespace holon::ctl {
namespace {

TEST(LogLineToView, TakesTextApart) {
  const v1::LogLineView view = LogLineToView("2026-01-02T04:04:05.5+01:00 info    ready a=1");
  EXPECT_EQ(view.time(), "2026-01-02T03:04:05.5Z");
  EXPECT_EQ(view.level(), "info");
  EXPECT_EQ(view.message(), "ready a=1");
  EXPECT_FALSE(view.has_fields());
  EXPECT_EQ(LogLineToView("2026-01-02T03:04:05Z of a library").message(), "of a library");
  EXPECT_EQ(LogLineToView("2026-01-02T03:04:05Z").message(), "");
  EXPECT_FALSE(LogLineToView("of a library").has_message());
}

TEST(LogLineToView, TakesJsonApart) {
  const v1::LogLineView view = LogLineToView(
      R"({"time":"2026-01-02T03:04:05Z","level":"error","message":"m","path":"x","n":1.5})");
  EXPECT_EQ(view.level(), "error");
  EXPECT_EQ(view.message(), "m");
  const auto& fields = view.fields().struct_value().fields();
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields.at("path").string_value(), "x");
  EXPECT_EQ(fields.at("n").number_value(), 1.5);
  const v1::LogLineView torn = LogLineToView(R"({"time":"2026-01-02T03:04:05Z","lev)");
  EXPECT_TRUE(torn.has_time());
  EXPECT_FALSE(torn.has_fields());
}

TEST(AuditText, IsALineForPeople) {
  const std::string entry =
      R"({"time":"2026-01-02T03:04:05.678901Z","action":"stop","instance_id":"g","reason":"why",)"
      R"("caller":"pid 1: holonctl stop","seen":"pid 1 uid 0","outcome":"done","uid":7,"later":1})";
  EXPECT_EQ(AuditText(entry),
            "2026-01-02T03:04:05.678Z stop     pid 1: holonctl stop; reason: why; outcome: done; "
            "connected: pid 1 uid 0; generation g");
  const v1::AuditLineView view = AuditLineToView(entry);
  EXPECT_EQ(view.uid(), 7u);
  EXPECT_EQ(view.outcome(), "done");
  EXPECT_FALSE(view.has_line());
}

TEST(AuditText, OfNoEntryIsTheLine) {
  for (const char* line : {"", "text", "{", "{}", R"({"time":"yesterday","action":"stop"})"}) {
    EXPECT_EQ(AuditText(line), line);
    EXPECT_EQ(AuditLineToView(line).line(), line);
    EXPECT_FALSE(AuditLineToView(line).has_action());
  }
}

}  // namespace
}  // namespace holon::ctl
