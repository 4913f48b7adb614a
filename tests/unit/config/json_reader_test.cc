#include "runtime/config/json_reader.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "path=KIND:text@line:column", or "path!fault@line:column".
std::vector<std::string> Entries(absl::string_view text) {
  std::vector<std::string> lines;
  for (const JsonEntry& entry : ReadJsonObject(text)) {
    if (!entry.fault.empty()) {
      lines.push_back(absl::StrCat(entry.path, "!", entry.fault, "@", entry.key_place.line, ":",
                                   entry.key_place.column, entry.ends_here ? " end" : ""));
      continue;
    }
    constexpr absl::string_view kKinds[] = {"null", "bool", "number", "string", "array", "object"};
    std::string items;
    for (const JsonValue& item : entry.value.items) {
      absl::StrAppend(&items, "<", kKinds[static_cast<int>(item.kind)], " ", item.text, ">");
    }
    lines.push_back(absl::StrCat(entry.path, "=", kKinds[static_cast<int>(entry.value.kind)], ":",
                                 entry.value.text, items, "@", entry.value_place.line, ":",
                                 entry.value_place.column));
  }
  return lines;
}

TEST(JsonReader, FlattensObjectsWithPlaces) {
  EXPECT_THAT(Entries("{\n  \"a\": 1,\n  \"b\": {\"c\": \"x\", \"d\" : [true, \"y\", {}]},\n"
                      "\t\"e\":null , \"f\":-1.5e3}"),
              ElementsAre("a=number:1@2:8", "b=object:@3:8", "b.c=string:x@3:14",
                          "b.d=array:<bool true><string y><object >@3:25", "e=null:null@4:6",
                          "f=number:-1.5e3@4:17"));
  EXPECT_THAT(Entries("{}"), IsEmpty());
  EXPECT_THAT(Entries(" \n{ } \n"), IsEmpty());
}

TEST(JsonReader, CountsCharactersNotBytes) {
  EXPECT_THAT(Entries("{\"\xe2\x82\xac\": \"\xf0\x9f\x98\x80\", \"a\": 1}"),
              ElementsAre("\xe2\x82\xac=string:\xf0\x9f\x98\x80@1:7", "a=number:1@1:17"));
}

TEST(JsonReader, TakesAByteOrderMark) {
  EXPECT_THAT(Entries("\xef\xbb\xbf{\"a\": 1}"), ElementsAre("a=number:1@1:7"));
}

TEST(JsonReader, UnescapesStrings) {
  std::vector<JsonEntry> entries = ReadJsonObject(R"({"a": "\u0000\n\"\u20ac\ud83d\ude00"})");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].value.text, std::string("\0\n\"\xe2\x82\xac\xf0\x9f\x98\x80", 10));
}

TEST(JsonReader, KeepsHugeNumbersAndReadsOn) {
  std::string digits(500, '9');
  EXPECT_THAT(
      Entries(absl::StrCat("{\"a\": ", digits, ", \"b\": -1e999, \"c\": [1E+400], \"d\": 7}")),
      ElementsAre(absl::StrCat("a=number:", digits, "@1:7"), "b=number:-1e999@1:514",
                  "c=array:<number 1E+400>@1:527", "d=number:7@1:542"));
}

TEST(JsonReader, GivesUpOnTooManyHugeNumbers) {
  std::string text = "{\"a\": [1e999";
  for (int i = 0; i < 1000; ++i) text += ",1e999";
  std::vector<JsonEntry> entries = ReadJsonObject(text + "]}");
  EXPECT_THAT(entries.back().fault, HasSubstr("not valid JSON"));
}

TEST(JsonReader, NamesKeysThatStandTwice) {
  EXPECT_THAT(
      Entries("{\"a\": 1,\n \"a\": 2, \"b\": {\"c\": 1, \"c\": {\"d\": 1}}, \"b\": {\"e\": 1}}"),
      ElementsAre("a=number:1@1:7", "a!found the key twice, first on line 1; allowed: once@2:2",
                  "b=object:@2:15", "b.c=number:1@2:21",
                  "b.c!found the key twice, first on line 2; allowed: once@2:24",
                  "b!found the key twice, first on line 2; allowed: once@2:40"));
}

TEST(JsonReader, FindsTheSameKeyInDifferentSpelling) {
  EXPECT_THAT(Entries(R"({"a": 1, "\u0061": 2})"),
              ElementsAre("a=number:1@1:7", HasSubstr("a!found the key twice")));
}

TEST(JsonReader, RefusesKeysThatNoFieldHas) {
  EXPECT_THAT(Entries(R"({"a.b": 1, "c\u0000": 2, "d\udc00": 3, "e": 4})"),
              ElementsAre(HasSubstr("a.b!found the key \"a.b\"; allowed: an object"),
                          HasSubstr("c?!found a key with characters"),
                          HasSubstr("d??"
                                    "?!found a key with characters"),
                          "e=number:4@1:45"));
}

TEST(JsonReader, RefusesEmptyKeysAndNeverSeesThroughThem) {
  constexpr absl::string_view kFault = "!found an empty key; allowed: the name of a field, ";
  EXPECT_THAT(Entries("{\n  \"\": {\"level\": 1},\n  \"level\": 2}"),
              ElementsAre(absl::StrCat("\"\"", kFault, "or remove it@2:3"), "level=number:2@3:12"));
  EXPECT_THAT(Entries(R"({"log": {"": 1, "level": 2}})"),
              ElementsAre("log=object:@1:9", absl::StrCat("log.\"\"", kFault, "or remove it@1:10"),
                          "log.level=number:2@1:26"));
  EXPECT_THAT(Entries(R"({"": {"a": 1, "a": 2}})"),
              ElementsAre(absl::StrCat("\"\"", kFault, "or remove it@1:2"),
                          HasSubstr("\"\".a!found the key twice")));
  EXPECT_THAT(Entries(R"({"": 1, "": 2})"),
              ElementsAre(HasSubstr("found an empty key"), HasSubstr("found an empty key")));
  EXPECT_THAT(
      Entries(R"({"a": [{"": 1}]})"),
      ElementsAre("a=array:<object >@1:7", absl::StrCat("a.\"\"", kFault, "or remove it@1:9")));
}

TEST(JsonReader, NamesTheLineAndColumnOfBadSyntax) {
  struct {
    const char* text;
    const char* place;
  } cases[] = {
      {"", "@1:1 end"},
      {"  \n ", "@2:2 end"},
      {"{", "@1:2 end"},
      {"{\"a\": 1,}", "@1:9 end"},
      {"{\"a\": 1 \"b\": 2}", "@1:9 end"},
      {"{\"a\" 1}", "@1:6 end"},
      {"{\n\"a\": tru}", "@2:9 end"},
      {"{'a': 1}", "@1:2 end"},
      {"{\"a\": 01}", "@1:8 end"},
      {"{\"a\": +1}", "@1:7 end"},
      {"{\"a\": NaN}", "@1:7 end"},
      {"{\"a\": 1} x", "@1:10 end"},
      {"{\"a\": 1}{}", "@1:9 end"},
      {"// note\n{}", "@1:1 end"},
      {"{\"a\": \"\n\"}", "@1:8 end"},
      {"{\"a\": \"\\x\"}", "@1:8 end"},
      {"{\"a\": \"\\ud800\"}", "@1:8 end"},
      {"{\"a\": \"x", "@1:9 end"},
      {"[", "@1:1 end"},
      {"[1]", "@1:1 end"},
      {"\"a\"", "@1:1 end"},
      {" 12", "@1:2 end"},
      {"null", "@1:1 end"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    std::vector<std::string> entries = Entries(test.text);
    ASSERT_FALSE(entries.empty());
    EXPECT_THAT(entries.back(), testing::EndsWith(test.place));
  }
}

TEST(JsonReader, RefusesNulAndBadEncodingWherever) {
  EXPECT_THAT(Entries(absl::string_view("{\"a\": 1}\0{}", 11)),
              ElementsAre("!found a NUL byte; allowed: text@1:9 end"));
  EXPECT_THAT(Entries("{\"a\":\n \"\xff\"}"),
              ElementsAre("!found a byte that is not UTF-8; allowed: UTF-8 text@2:3 end"));
  EXPECT_THAT(Entries("{\"a\xc3\": 1}"), ElementsAre(HasSubstr("not UTF-8")));
  EXPECT_THAT(Entries("{} \xed\xa0\x80"), ElementsAre(HasSubstr("not UTF-8")));
}

TEST(JsonReader, RefusesDepthWithoutRecursion) {
  std::string deep = "{\"a\": " + std::string(100000, '[');
  EXPECT_THAT(Entries(deep).back(), HasSubstr("found more than 32 levels"));
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_THAT(Entries(objects).back(), HasSubstr("found more than 32 levels"));
  std::string fits = "{\"a\": " + std::string(31, '[') + std::string(31, ']') + "}";
  EXPECT_THAT(Entries(fits), ElementsAre("a=array:<array >@1:7"));
}

TEST(JsonReader, ReadsAnArrayByItself) {
  JsonValue array;
  ASSERT_TRUE(ReadJsonArray(R"(["a", 1])", &array));
  ASSERT_EQ(array.items.size(), 2u);
  EXPECT_EQ(array.items[0].text, "a");
  for (const char* text : {"", "1", "[", "{}", "[1],\"b\":[2]", "[1]}", "[1],\"a\":1", "[1] 2"}) {
    EXPECT_FALSE(ReadJsonArray(text, &array)) << text;
  }
}

}  // namespace
}  // namespace holon::config
