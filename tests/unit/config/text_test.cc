#include "runtime/config/text.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace holon::config {
namespace {

TEST(Utf8, TakesWellFormedTextOnly) {
  for (absl::string_view text : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                 "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (absl::string_view text :
       {"\x80", "\xc3", "\xc0\xaf", "\xc1\x81", "\xe0\x80\xaf", "\xe2\x82", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "a\xe2\x28\xa1", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(text)) << testing::PrintToString(std::string(text));
  }
}

TEST(Utf8, DecodesCodePoints) {
  absl::string_view text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  EXPECT_EQ(TakeCodePoint(&text), U'a');
  EXPECT_EQ(TakeCodePoint(&text), U'\u00e9');
  EXPECT_EQ(TakeCodePoint(&text), U'\u20ac');
  EXPECT_EQ(TakeCodePoint(&text), U'\U0001f600');
  EXPECT_EQ(TakeCodePoint(&text), std::nullopt);
}

TEST(ControlCharacters, AreThoseOfBothSetsAndDelete) {
  for (absl::string_view text :
       {absl::string_view("\0", 1), absl::string_view("a\nb"), absl::string_view("\x1b[31m"),
        absl::string_view("\x7f"), absl::string_view("\xc2\x80"), absl::string_view("\xc2\x9f")}) {
    EXPECT_TRUE(HasControlCharacter(text)) << testing::PrintToString(std::string(text));
  }
  for (absl::string_view text : {"", " ~", "\xc2\xa0", "\xe2\x82\xac"}) {
    EXPECT_FALSE(HasControlCharacter(text)) << text;
  }
}

TEST(OneLine, ChangesNoOrderOnATerminal) {
  for (absl::string_view mark : {"\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c", "\xe2\x80\xaa",
                                 "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"}) {
    EXPECT_EQ(OneLine(absl::StrCat("a", mark, "b")), "a?b") << JsonString(mark);
  }
  // Neighbours of theirs.
  for (absl::string_view text : {"\xe2\x80\x90", "\xe2\x80\xaf", "\xe2\x81\xaa"}) {
    EXPECT_EQ(OneLine(text), text);
  }
}

TEST(JsonString, EscapesOnlyWhatItMust) {
  EXPECT_EQ(JsonString("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(JsonString("\b\t\n\f\r"), R"("\b\t\n\f\r")");
  EXPECT_EQ(JsonString(absl::string_view("\0\x0f\x10\x1f\x7f", 5)),
            "\"\\u0000\\u000f\\u0010\\u001f\x7f\"");
  EXPECT_EQ(JsonString("\xe2\x82\xac"), "\"\xe2\x82\xac\"");
}

TEST(Excerpt, StaysOnOneLineAndShort) {
  EXPECT_EQ(Excerpt("a\nb\xff\x1b"), "\"a?b??\"");
  std::string euros;
  for (int i = 0; i < 40; ++i) euros += "\xe2\x82\xac";
  std::string excerpt = Excerpt(euros);
  EXPECT_LT(excerpt.size(), 70u);
  EXPECT_TRUE(IsUtf8(excerpt));
  EXPECT_THAT(excerpt, testing::EndsWith("\"..."));
}

TEST(Suggestion, NamesWhatWasMeant) {
  const std::vector<std::string> known = {"agents.max_workers", "control_addr", "log.level",
                                          "model.default"};
  EXPECT_EQ(Suggestion("control_adr", known), "; did you mean control_addr?");
  EXPECT_EQ(Suggestion("controlAddr", known), "; did you mean control_addr?");
  EXPECT_EQ(Suggestion("max_workers", known), "; did you mean agents.max_workers?");
  EXPECT_EQ(Suggestion("log.levle", known), "; did you mean log.level?");
  EXPECT_EQ(Suggestion("something_else_entirely", known), "");
  EXPECT_EQ(Suggestion("", known), "");
  EXPECT_EQ(Suggestion(std::string(100000, 'x'), known), "");
}

}  // namespace
}  // namespace holon::config
