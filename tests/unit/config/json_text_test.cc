#include "runtime/config/json_text.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/config/json_reader.h"

namespace holon::config {
namespace {

using testing::Optional;

TEST(JsonText, AValueIsReplacedWhereItStands) {
  EXPECT_THAT(WithJsonValue("{\"a\":1,  \"b\" :\t2 }\n", "b", "3"),
              Optional(std::string("{\"a\":1,  \"b\" :\t3 }\n")));
  EXPECT_THAT(WithJsonValue(R"({"a": {"b": [1, "]}", {"x": 2}], "c": 1e999}})", "a.b", "\"x\""),
              Optional(std::string(R"({"a": {"b": "x", "c": 1e999}})")));
  EXPECT_THAT(WithJsonValue(R"({"log": {"\u006cevel": "x\"}"}})", "log.level", "\"info\""),
              Optional(std::string(R"({"log": {"\u006cevel": "info"}})")));
}

TEST(JsonText, AKeyIsAddedInTheLayoutOfItsObject) {
  const struct {
    const char* before;
    const char* path;
    const char* after;
  } cases[] = {
      {"{}\n", "a.b", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"},
      {" { } ", "a", " {\n   \"a\": 1\n } "},
      {"{\"x\": 1}", "a", "{\"x\": 1, \"a\": 1}"},
      {"{\"x\":1,\"y\":2}", "a.b", "{\"x\":1,\"y\":2,\"a\": {\"b\": 1}}"},
      {"{\n\t\"x\": 1\n}\n", "a.b", "{\n\t\"x\": 1,\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n"},
      {"{\n    \"log\": {\n        \"x\": 1\n    }\n}\n", "log.level",
       "{\n    \"log\": {\n        \"x\": 1,\n        \"level\": 1\n    }\n}\n"},
      {"{\n  \"log\": {\"x\": 1},\n  \"y\": 2\n}\n", "log.level",
       "{\n  \"log\": {\"x\": 1, \"level\": 1},\n  \"y\": 2\n}\n"},
      {"{\n  \"log\": {}\n}\n", "log.level", "{\n  \"log\": {\n    \"level\": 1\n  }\n}\n"},
      {"{\"log\": {}}", "log.level", "{\"log\": {\"level\": 1}}"},
      {"{\r\n  \"x\": 1\r\n}\r\n", "a.b",
       "{\r\n  \"x\": 1,\r\n  \"a\": {\r\n    \"b\": 1\r\n  }\r\n}\r\n"},
  };
  for (const auto& test : cases) {
    EXPECT_THAT(WithJsonValue(test.before, test.path, "1"), Optional(std::string(test.after)))
        << test.before;
  }
}

TEST(JsonText, AValueOnTheWayIsInTheWay) {
  EXPECT_EQ(WithJsonValue(R"({"a": 1})", "a.b", "2"), std::nullopt);
  EXPECT_EQ(WithJsonValue(R"({"a": []})", "a.b", "2"), std::nullopt);
}

TEST(JsonText, OfAKeyThatStandsTwiceTheFirstStays) {
  EXPECT_THAT(WithJsonValue(R"({"a": 1, "b": 2, "a": 3, "a": 4})", "a", "5"),
              Optional(std::string(R"({"a": 5, "b": 2})")));
  EXPECT_THAT(WithJsonValue(R"({"l": {"a": 1}, "l": {"a": 2}})", "l.a", "3"),
              Optional(std::string(R"({"l": {"a": 3}})")));
}

TEST(JsonText, AKeyIsTakenOutWithItsComma) {
  const struct {
    const char* before;
    const char* path;
    const char* after;
  } cases[] = {
      {"{\"a\": 1}\n", "a", "{}\n"},
      {"{\"a\": 1, \"b\": 2, \"c\": 3}", "a", "{\"b\": 2, \"c\": 3}"},
      {"{\"a\": 1, \"b\": 2, \"c\": 3}", "b", "{\"a\": 1, \"c\": 3}"},
      {"{\"a\": 1, \"b\": 2, \"c\": 3}", "c", "{\"a\": 1, \"b\": 2}"},
      {"{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", "{\n  \"a\": 1\n}\n"},
      {"{\n  \"a\": 1,\n  \"l\": {\n    \"x\": 2\n  }\n}\n", "l.x", "{\n  \"a\": 1\n}\n"},
      {R"({"a.b": 1, "a": {"b": 2}, "c": 3})", "a.b", R"({"c": 3})"},
      {R"({"": 1, "c": 3})", "\"\"", R"({"c": 3})"},
      {R"({"a": 1, "a": 2})", "a", "{}"},
  };
  for (const auto& test : cases) {
    EXPECT_THAT(WithoutJsonKey(test.before, test.path), Optional(std::string(test.after)))
        << test.before;
  }
  EXPECT_EQ(WithoutJsonKey(R"({"a": {"b": 1}, "c": ["d"]})", "d"), std::nullopt);
}

// What is read of a text: paths and values, places aside.
std::vector<std::string> ReadingOf(const std::string& text) {
  std::vector<std::string> rows;
  for (const JsonEntry& entry : ReadJsonObject(text)) {
    if (entry.value.kind == JsonKind::kObject) continue;
    rows.push_back(absl::StrCat(entry.path, "=", entry.value.text, entry.fault));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(JsonText, WhateverIsSetIsReadBackAndTheRestStays) {
  const std::vector<std::string> spaces = {"", " ", "\n", "\n  ", "\t"};
  std::mt19937 random(2);
  auto space = [&] { return spaces[random() % spaces.size()]; };
  for (int round = 0; round < 500; ++round) {
    std::string text = space() + "{";
    std::string comma;
    for (const char* name : {"a", "b", "c"}) {
      if (random() % 2 == 0) continue;
      const bool object = random() % 2 == 0;
      absl::StrAppend(&text, comma, space(), "\"", name, "\"", space(), ":", space(),
                      object ? "{\"x\": 1}" : "[\"}\"]");
      comma = space() + ",";
    }
    absl::StrAppend(&text, space(), "}", space());
    const std::optional<std::string> set = WithJsonValue(text, "d.y", "\"v\"");
    ASSERT_TRUE(set.has_value()) << text;
    std::vector<std::string> expected = ReadingOf(text);
    expected.push_back("d.y=v");
    EXPECT_EQ(ReadingOf(*set), expected) << *set;
    const std::optional<std::string> unset = WithoutJsonKey(*set, "d.y");
    ASSERT_TRUE(unset.has_value()) << *set;
    EXPECT_EQ(ReadingOf(*unset), ReadingOf(text)) << *unset;
  }
}

}  // namespace
}  // namespace holon::config
