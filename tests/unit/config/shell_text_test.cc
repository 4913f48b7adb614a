// Command lines that a shell takes back as they were.
#include "runtime/config/shell_text.h"

#include <gtest/gtest.h>

#include <string>

namespace holon::config {
namespace {

TEST(ShellTextTest, QuotesOnlyWhereNeeded) {
  struct {
    std::string word;
    std::string text;
  } const rows[] = {
      {"start", "start"},
      {"/home/ada/.holon", "/home/ada/.holon"},
      {"log.level=debug", "log.level=debug"},
      {"/h\xc3\xb6me", "/h\xc3\xb6me"},
      {"", "''"},
      {"=ls", "'=ls'"},
      {"~", "'~'"},
      {"a b", "'a b'"},
      {"$x", "'$x'"},
      {"it's", "'it'\\''s'"},
      {"a\"b", "'a\"b'"},
      {"a\\b", "'a\\b'"},
      {"*", "'*'"},
  };
  for (const auto& row : rows) EXPECT_EQ(ShellWord(row.word), row.text);
}

TEST(ShellTextTest, IsPrintableWhateverTheWordHolds) {
  EXPECT_EQ(ShellWord("a\x1b[31m'\\"), "$'a\\033[31m\\'\\\\'");
  EXPECT_EQ(ShellWord("\xff"), "$'\\377'");
  EXPECT_EQ(ShellWord("a\nb"), "$'a\\012b'");
  EXPECT_EQ(ShellWord("\xe2\x80\xae"), "$'\\342\\200\\256'") << "it turns the text around";
}

TEST(ShellTextTest, JoinsWords) {
  EXPECT_EQ(ShellText({"holonctl", "--home", "/a b", "stop"}), "holonctl --home '/a b' stop");
}

}  // namespace
}  // namespace holon::config
