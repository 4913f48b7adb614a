#include "runtime/config/environment.h"

#include <stdlib.h>
#include <string.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace holon::config {
namespace {

using testing::Contains;
using testing::Not;
using testing::Pair;

class EnvironmentTest : public testing::Test {
 protected:
  ~EnvironmentTest() override {
    for (const char* name :
         {"HOLON_CONTROL_TOKEN", "HOLON_CONTROL_TOKEN_FILE", "HOLON_LOG_LEVEL"}) {
      unsetenv(name);
    }
  }
};

TEST_F(EnvironmentTest, IsReadAsItIs) {
  setenv("HOLON_LOG_LEVEL", "a=b=", 1);
  EXPECT_THAT(ReadEnvironment(), Contains(Pair("HOLON_LOG_LEVEL", "a=b=")));
}

TEST_F(EnvironmentTest, SecretsAreTakenOutAndOverwrittenWhereTheyStood) {
  char secret[] = "HOLON_CONTROL_TOKEN=hunter2";
  putenv(secret);
  setenv("HOLON_CONTROL_TOKEN_FILE", "/f", 1);
  setenv("HOLON_LOG_LEVEL", "debug", 1);
  ScrubSecrets();
  EXPECT_EQ(getenv("HOLON_CONTROL_TOKEN"), nullptr);
  EXPECT_EQ(std::string(secret, sizeof secret),
            std::string("HOLON_CONTROL_TOKEN=") + std::string(8, '\0'));
  EXPECT_THAT(ReadEnvironment(), Contains(Pair("HOLON_CONTROL_TOKEN_FILE", "/f")));
  EXPECT_THAT(ReadEnvironment(), Contains(Pair("HOLON_LOG_LEVEL", "debug")));
  EXPECT_THAT(ReadEnvironment(), Not(Contains(Pair("HOLON_CONTROL_TOKEN", testing::_))));
}

TEST_F(EnvironmentTest, NoSecretIsLeftOfSeveralOfOneName) {
  char first[] = "HOLON_CONTROL_TOKEN=hunter2";
  char second[] = "HOLON_CONTROL_TOKEN=hunter3";
  char* several[] = {first, second, nullptr};
  char** before = environ;
  environ = several;
  ScrubSecrets();
  EXPECT_EQ(environ[0], nullptr);
  environ = before;
  EXPECT_STREQ(first, "HOLON_CONTROL_TOKEN=");
  EXPECT_STREQ(second, "HOLON_CONTROL_TOKEN=");
}

}  // namespace
}  // namespace holon::config
