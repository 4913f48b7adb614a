#include "runtime/config/formats.h"

#include "gtest/gtest.h"

namespace holon::config {
namespace {

TEST(HostPort, IsParsed) {
  struct {
    const char* text;
    const char* host;
    int port;
  } cases[] = {
      {"localhost:80", "localhost", 80},
      {"127.0.0.1:0", "127.0.0.1", 0},
      {"[::1]:65535", "::1", 65535},
      {"[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1},
      {"a-b.example_1.com:8080", "a-b.example_1.com", 8080},
      {"1host:1", "1host", 1},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    std::optional<HostPort> parsed = ParseHostPort(test.text);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->host, test.host);
    EXPECT_EQ(parsed->port, test.port);
  }
}

TEST(HostPort, IsRefused) {
  for (const char* text : {"",
                           "localhost",
                           ":80",
                           "localhost:",
                           "localhost:65536",
                           "localhost:-1",
                           "localhost:+1",
                           "localhost: 1",
                           "localhost:01",
                           "localhost:99999999999999999999",
                           "::1:80",
                           "[::1]",
                           "[::1]80",
                           "[::g]:80",
                           "[127.0.0.1]:80",
                           "256.0.0.1:80",
                           "1.2.3:80",
                           "a b:80",
                           "-a:80",
                           "a..b:80",
                           ".a:80",
                           "a/b:80",
                           "http://a:80",
                           "unix:/x",
                           "user@host:80",
                           "h\xc3\xa9:80"}) {
    EXPECT_FALSE(ParseHostPort(text).has_value()) << text;
  }
}

TEST(HostPort, KnowsLoopback) {
  for (const char* text : {"localhost:1", "LocalHost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1",
                           "[0:0::1]:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(IsLoopback(*ParseHostPort(text))) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "128.0.0.1:1", "localhost.example.com:1",
                           "127.0.0.1.example.com:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"}) {
    EXPECT_FALSE(IsLoopback(*ParseHostPort(text))) << text;
  }
}

TEST(Url, IsHttpWithoutCredentials) {
  for (const char* text : {"http://a", "https://a.example/b?c=d&e#f", "http://127.0.0.1:80/",
                           "https://[::1]:8443/x", "http://[::1]", "https://a/p@th"}) {
    EXPECT_TRUE(IsUrl(text)) << text;
  }
  for (const char* text : {"", "a", "ftp://a", "http://", "http:///a", "http://a b", "http://a\"",
                           "https://user:password@a", "http://a:99999", "http://[::g]/", "HTTP://a",
                           "http://\xc3\xa9", "javascript:alert(1)", "http://:80"}) {
    EXPECT_FALSE(IsUrl(text)) << text;
  }
}

TEST(Identifier, BeginsWithALetterOrDigit) {
  for (const std::string& text :
       {std::string("a"), std::string("Main-1_x.y"), std::string("0"), std::string(64, 'a')}) {
    EXPECT_TRUE(IsIdentifier(text)) << text;
  }
  for (const std::string& text :
       {std::string(""), std::string("-a"), std::string(".a"), std::string("_a"),
        std::string("a b"), std::string("a/b"), std::string("\xc3\xa9"), std::string(65, 'a')}) {
    EXPECT_FALSE(IsIdentifier(text)) << text;
  }
}

TEST(Secret, IsVisibleAscii) {
  EXPECT_TRUE(IsSecret("!"));
  EXPECT_TRUE(IsSecret(std::string(kMaxSecretBytes, '~')));
  for (const std::string& text :
       {std::string(""), std::string("a b"), std::string("a\n"), std::string("a\x7f"),
        std::string("\xc3\xa9"), std::string("a\0b", 3), std::string(kMaxSecretBytes + 1, 'a')}) {
    EXPECT_FALSE(IsSecret(text)) << text;
  }
}

}  // namespace
}  // namespace holon::config
