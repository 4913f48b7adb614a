#include "runtime/daemon/live_config.h"

#include <gmock/gmock.h>

#include <optional>

#include "runtime/config/diff.h"
#include "runtime/control/errors.h"
#include "tests/unit/config/scratch.h"
#include "tests/unit/control/fake_host.h"

namespace holon::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const config::FingerprintKey kKey(32, 'k');

class LiveConfigTest : public config::ScratchTest {
 protected:
  LiveConfig Live() {
    config::LoadResult loaded = config::Load(inputs_);
    EXPECT_THAT(config::FaultTexts(loaded.faults), IsEmpty());
    return LiveConfig(loaded.configuration, kKey);
  }

  static std::vector<std::string> Lines(
      const google::protobuf::RepeatedPtrField<v1::ConfigDifference>& rows) {
    std::vector<std::string> lines;
    for (const v1::ConfigDifference& row : rows) lines.push_back(config::DifferenceLine(row));
    return lines;
  }

  // Everything that a LiveConfig says of itself.
  static std::string All(const LiveConfig& live) {
    std::string all = live.fingerprint() + live.current().values.SerializeAsString();
    for (const v1::ConfigValue& value : live.described()) all += value.SerializeAsString();
    for (const v1::ConfigOverride& one : live.current().overrides) all += one.SerializeAsString();
    return all;
  }

  void ExpectInvalid(const grpc::Status& status, const std::string& text) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(control::ReasonOf(status), control::kInvalidConfig);
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  }

  v1::CompareConfigRequest wanted_;
  v1::CompareConfigResponse compared_;
  v1::ReloadRequest request_;
  v1::ReloadResponse response_;
};

TEST_F(LiveConfigTest, ComparesFingerprints) {
  const LiveConfig live = Live();
  wanted_.set_fingerprint(live.fingerprint());
  ASSERT_TRUE(live.Compare(wanted_, &compared_).ok());
  EXPECT_TRUE(compared_.match());
  EXPECT_EQ(compared_.actual_fingerprint(), live.fingerprint());
  wanted_.set_fingerprint("another");
  compared_.Clear();
  ASSERT_TRUE(live.Compare(wanted_, &compared_).ok());
  EXPECT_FALSE(compared_.match());
  EXPECT_EQ(compared_.expected_fingerprint(), "another");
  EXPECT_EQ(compared_.actual_fingerprint(), live.fingerprint());
  EXPECT_THAT(compared_.differences(), IsEmpty());
}

TEST_F(LiveConfigTest, ComparesConfigurationsAndNamesTheDifferences) {
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "hunter2"}};
  inputs_.sets = {"log.level=debug"};
  const LiveConfig live = Live();
  *wanted_.mutable_config() = live.current().values;
  ASSERT_TRUE(live.Compare(wanted_, &compared_).ok());
  EXPECT_TRUE(compared_.match());
  EXPECT_THAT(compared_.differences(), IsEmpty());

  wanted_.mutable_config()->mutable_log()->set_level(v1::LOG_LEVEL_ERROR);
  wanted_.mutable_config()->set_control_token("hunter3");
  compared_.Clear();
  ASSERT_TRUE(live.Compare(wanted_, &compared_).ok());
  EXPECT_FALSE(compared_.match());
  EXPECT_NE(compared_.expected_fingerprint(), live.fingerprint());
  EXPECT_THAT(Lines(compared_.differences()),
              ElementsAre("control_token expected=\"<set>\" actual=\"<differs>\"",
                          "log.level expected=\"error\" actual=\"debug\""));
  EXPECT_EQ(compared_.differences(0).apply(), v1::APPLY_RESTART);
  EXPECT_EQ(compared_.differences(1).apply(), v1::APPLY_HOT);
}

TEST_F(LiveConfigTest, AnInvalidWishIsNoComparison) {
  const LiveConfig live = Live();
  wanted_.mutable_config()->mutable_log()->set_max_files(0);
  wanted_.mutable_config()->set_http_addr("nowhere");
  const grpc::Status status = live.Compare(wanted_, &compared_);
  ExpectInvalid(status, "http_addr: found");
  ExpectInvalid(status, "log.max_files: found 0");
}

// Errors travel in headers, which are bounded.
TEST_F(LiveConfigTest, ManyFaultsFitIntoAnError) {
  LiveConfig live = Live();
  std::string text = "{\"k0\": 0";
  for (int i = 1; i < 60; ++i) absl::StrAppend(&text, ", \"k", i, "\": 0");
  WriteConfig(text + "}");
  const grpc::Status status = live.Reload(request_, &response_);
  ExpectInvalid(status, "k0: found a field that does not exist");
  ExpectInvalid(status, "; and more: 60 faults in all");
  EXPECT_LT(status.error_message().size(), 3100u);
}

TEST_F(LiveConfigTest, AReloadAppliesWhatIsHotAndRefusesTheRest) {
  LiveConfig live = Live();
  const std::string before = live.fingerprint();
  WriteConfig(R"({"log": {"level": "debug"}, "http_addr": "localhost:1", "description": "d"})");
  ASSERT_TRUE(live.Reload(request_, &response_).ok());
  EXPECT_THAT(Lines(response_.applied()),
              ElementsAre("log.level expected=\"debug\" actual=\"info\""));
  EXPECT_THAT(Lines(response_.refused()),
              ElementsAre("http_addr expected=\"localhost:1\" actual=\"\""));
  EXPECT_NE(live.fingerprint(), before);
  EXPECT_EQ(response_.config_fingerprint(), live.fingerprint());
  EXPECT_EQ(live.current().values.log().level(), v1::LOG_LEVEL_DEBUG);
  EXPECT_EQ(live.current().values.http_addr(), "");
  EXPECT_EQ(live.current().values.description(), "d");

  // What is left stays refused, and what is applied is no news.
  response_.Clear();
  ASSERT_TRUE(live.Reload(request_, &response_).ok());
  EXPECT_THAT(Lines(response_.applied()), IsEmpty());
  EXPECT_EQ(response_.refused_size(), 1);
}

TEST_F(LiveConfigTest, AReloadTakesWhatTheRequestBringsAndKeepsIt) {
  LiveConfig live = Live();
  *request_.add_overrides() =
      config::MakeOverride("log.level", "error", v1::SOURCE_FLAG, "--set log.level");
  ASSERT_TRUE(live.Reload(request_, &response_).ok());
  EXPECT_EQ(response_.applied_size(), 1);
  response_.Clear();
  ASSERT_TRUE(live.Reload({}, &response_).ok());
  EXPECT_EQ(live.current().values.log().level(), v1::LOG_LEVEL_ERROR);
  EXPECT_THAT(Lines(response_.applied()), IsEmpty());
}

TEST_F(LiveConfigTest, AReloadOfNothingNewChangesNothing) {
  LiveConfig live = Live();
  const std::string before = All(live);
  ASSERT_TRUE(live.Reload(request_, &response_).ok());
  EXPECT_EQ(All(live), before);
  EXPECT_EQ(response_.config_fingerprint(), live.fingerprint());
  EXPECT_THAT(response_.applied(), IsEmpty());
  EXPECT_THAT(response_.refused(), IsEmpty());
}

TEST_F(LiveConfigTest, AnInvalidReloadChangesNothing) {
  inputs_.environment = {{"HOLON_CONTROL_TOKEN", "hunter2"}};
  LiveConfig live = Live();
  const std::string before = All(live);
  WriteConfig(R"({"log": {"level": "debug", "max_files": 0}})");
  ExpectInvalid(live.Reload(request_, &response_), "log.max_files: found 0");
  EXPECT_EQ(All(live), before);
  EXPECT_EQ(response_.ByteSizeLong(), 0u);
  WriteConfig("{}");
  *request_.add_overrides() =
      config::MakeOverride("control_token", "hunter3", v1::SOURCE_FLAG, "x");
  const grpc::Status status = live.Reload(request_, &response_);
  ExpectInvalid(status, "secrets are refused in a request");
  EXPECT_THAT(status.error_message(), testing::Not(HasSubstr("hunter")));
  EXPECT_EQ(All(live), before);
}

}  // namespace
}  // namespace holon::daemon
