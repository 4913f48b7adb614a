#include "runtime/config/wanted.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "runtime/config/diff.h"
#include "runtime/config/fingerprint.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const FingerprintKey kKey(32, 'k');

class Wanted : public ScratchTest {
 protected:
  Wanted() {
    inputs_.socket = root_ + "/elsewhere.sock";
    current_ = Load(inputs_).configuration;
  }
  std::vector<std::string> Faults(const v1::EffectiveConfig& wanted) {
    std::vector<Fault> faults;
    FromMessage(wanted, current_, &faults);
    return FaultTexts(faults);
  }

  Configuration current_;
};

TEST_F(Wanted, NothingSetIsTheDefaultsOfTheSameRuntime) {
  std::vector<Fault> faults;
  Configuration wanted = FromMessage({}, current_, &faults);
  EXPECT_THAT(FaultTexts(faults), IsEmpty());
  EXPECT_EQ(wanted.values.SerializeAsString(), current_.values.SerializeAsString());
  EXPECT_EQ(Fingerprint(Describe(wanted, kKey)), Fingerprint(Describe(current_, kKey)));
  EXPECT_EQ(OriginText(wanted.origins.at("socket_path")), "--socket");
  EXPECT_EQ(OriginText(wanted.origins.at("log.level")), "default");
}

TEST_F(Wanted, EveryFieldThatIsSetIsTaken) {
  for (const Leaf& leaf : Leaves()) {
    if (!leaf.rule->at_most().empty() || leaf.path == "control_auth_mode") continue;
    SCOPED_TRACE(leaf.path);
    v1::EffectiveConfig message;
    std::string text = leaf.type == LeafType::kInteger ? absl::StrCat(RangeOf(leaf).max)
                                                       : OtherText(leaf, current_.values);
    ASSERT_TRUE(SetFromText(leaf, text, "/", &message).ok());
    std::vector<Fault> faults;
    Configuration wanted = FromMessage(message, current_, &faults);
    EXPECT_THAT(FaultTexts(faults), IsEmpty());
    EXPECT_EQ(TextOf(leaf, wanted.values), text);
    EXPECT_EQ(OriginText(wanted.origins.at(leaf.path)), "CompareConfig");
    EXPECT_EQ(wanted.origins.at(leaf.path).source(), v1::SOURCE_FLAG);
    std::vector<std::string> changed;
    for (const auto& row : Diff({"a", Describe(wanted, kKey)}, {"b", Describe(current_, kKey)})) {
      changed.push_back(row.path());
    }
    EXPECT_EQ(std::count(changed.begin(), changed.end(), leaf.path),
              leaf.apply == v1::APPLY_VOLATILE ? 0 : 1);
    // Another home moves what counts from it, and nothing else moves anything.
    if (leaf.rule->from_home()) {
      EXPECT_EQ(wanted.values.workspace_dir(), "/other/workspace");
    } else {
      EXPECT_LE(changed.size(), 1u);
    }
  }
}

TEST_F(Wanted, FaultsAreAllNamed) {
  v1::EffectiveConfig message;
  message.set_workspace_dir("relative");
  message.set_http_addr("nowhere");
  message.set_control_auth_mode(v1::CONTROL_AUTH_MODE_UNSPECIFIED);
  message.mutable_log()->set_level(static_cast<v1::LogLevel>(77));
  message.mutable_turn()->set_max_tool_calls(0);
  message.mutable_model()->add_fallbacks("");
  message.mutable_model()->set_default_("a\nb");
  message.set_control_token("hunter2 hunter2");
  std::vector<std::string> faults = Faults(message);
  EXPECT_THAT(faults, ElementsAre(HasSubstr("control_auth_mode: found \"unspecified\""),
                                  HasSubstr("control_token: found other characters"),
                                  HasSubstr("http_addr: found \"nowhere\""),
                                  HasSubstr("log.level: found \"77\""),
                                  HasSubstr("model.default: found \"a?b\""),
                                  HasSubstr("model.fallbacks: found nothing as item 1"),
                                  HasSubstr("turn.max_tool_calls: found 0"),
                                  HasSubstr("workspace_dir: found \"relative\"; allowed: an "
                                            "absolute path (CompareConfig)")));
  for (const std::string& fault : faults) EXPECT_THAT(fault, testing::Not(HasSubstr("hunter2")));
}

TEST_F(Wanted, ContradictionsAreFaults) {
  v1::EffectiveConfig message;
  message.set_control_addr("0.0.0.0:1");
  message.set_max_tool_output_tokens(1);
  EXPECT_THAT(Faults(message), ElementsAre(HasSubstr("control_addr: found"),
                                           HasSubstr("default_tool_output_tokens: found 4096")));
}

TEST_F(Wanted, FieldsOfANewerContractAreNotPassedOver) {
  v1::EffectiveConfig message;
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(4711, 1);
  v1::LogConfig* log = message.mutable_log();
  log->GetReflection()->MutableUnknownFields(log)->AddVarint(99, 1);
  EXPECT_THAT(
      Faults(message),
      ElementsAre(HasSubstr("does not know: number 4711"),
                  HasSubstr("log: found fields that this version does not know: number 99")));
}

TEST_F(Wanted, PathsAreTheSameThroughALink) {
  std::filesystem::create_symlink(home_, root_ + "/link");
  v1::EffectiveConfig message;
  message.set_home_dir(root_ + "/link");
  message.set_workspace_dir(root_ + "/link/./workspace");
  std::vector<Fault> faults;
  Configuration wanted = FromMessage(message, current_, &faults);
  EXPECT_THAT(Diff({"a", Describe(wanted, kKey)}, {"b", Describe(current_, kKey)}), IsEmpty());
}

}  // namespace
}  // namespace holon::config
