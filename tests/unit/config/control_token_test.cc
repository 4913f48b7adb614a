#include "runtime/config/control_token.h"

#include <sys/stat.h>

#include <tuple>

#include "gmock/gmock.h"
#include "runtime/base/file.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::HasSubstr;
using testing::Not;

class ControlToken : public ScratchTest {
 protected:
  void Write(const std::string& content, mode_t mode) {
    ASSERT_TRUE(base::WriteFileAtomically(ControlTokenPath(home_), content, mode).ok());
  }
};

TEST_F(ControlToken, IsMadeOnceForItsOwnerAlone) {
  EXPECT_TRUE(absl::IsNotFound(ReadControlToken(home_).status()));
  absl::StatusOr<std::string> made = EnsureControlToken(home_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size(), 64u);
  EXPECT_EQ(*EnsureControlToken(home_), *made);
  EXPECT_EQ(*ReadControlToken(home_), *made);
  EXPECT_EQ(base::Look(ControlTokenPath(home_))->mode, 0600u);
  EXPECT_EQ(*base::ReadFile(ControlTokenPath(home_), 100), ControlTokenText(*made));
}

TEST_F(ControlToken, OneThatAUserWroteIsTaken) {
  for (const char* content : {"Sesame", "Sesame\n"}) {
    Write(content, 0600);
    EXPECT_EQ(*EnsureControlToken(home_), "Sesame");
  }
}

TEST_F(ControlToken, OneThatIsOpenToOthersOrMalformedIsRefusedAndKept) {
  for (const auto& [content, mode, why] : std::vector<std::tuple<std::string, mode_t, std::string>>{
           {"Sesame\n", 0640, "is open to others; run: chmod 600"},
           {"", 0600, "does not hold one line"},
           {"\n", 0600, "does not hold one line"},
           {"one\ntwo\n", 0600, "does not hold one line"},
           {"with space", 0600, "does not hold one line"},
           {std::string(5000, 'x'), 0600, "does not hold one line"}}) {
    SCOPED_TRACE(content.substr(0, 20));
    Write(content, mode);
    absl::StatusOr<std::string> token = EnsureControlToken(home_);
    EXPECT_TRUE(absl::IsFailedPrecondition(token.status())) << token.status();
    EXPECT_THAT(std::string(token.status().message()), HasSubstr(why));
    EXPECT_THAT(std::string(token.status().message()), Not(HasSubstr("Sesame")));
    EXPECT_EQ(*base::ReadFile(ControlTokenPath(home_), 10000), content);
  }
}

TEST_F(ControlToken, IsMadeOnlyForAPortThatWantsOneAndHasNone) {
  for (const auto& [address, mode, configured, required, made] :
       std::vector<std::tuple<std::string, v1::ControlAuthMode, std::string, bool, bool>>{
           {"", v1::CONTROL_AUTH_MODE_REQUIRED, "", false, false},
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_AUTO, "", true, true},
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_AUTO, "t", true, false},
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_REQUIRED, "", true, true},
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_REQUIRED, "t", true, false},
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_DISABLED, "", false, false},
           {"127.0.0.1:1", v1::CONTROL_AUTH_MODE_UNSPECIFIED, "", true, true}}) {
    v1::EffectiveConfig values;
    values.set_control_addr(address);
    values.set_control_auth_mode(mode);
    if (!configured.empty()) values.set_control_token(configured);
    EXPECT_EQ(ControlTokenRequired(values), required) << values.ShortDebugString();
    EXPECT_EQ(ControlTokenIsMade(values), made) << values.ShortDebugString();
  }
}

}  // namespace
}  // namespace holon::config
