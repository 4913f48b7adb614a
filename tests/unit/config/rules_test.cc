#include "runtime/config/rules.h"

#include "gmock/gmock.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Rules : public ScratchTest {
 protected:
  std::vector<std::string> Faults(const std::vector<std::string>& sets) {
    inputs_.sets = sets;
    return FaultTexts(Load(inputs_).faults);
  }
};

TEST_F(Rules, AFieldMustNotExceedItsBoundAndBothAreNamed) {
  WriteConfig("{\"max_tool_output_tokens\": 100}");
  EXPECT_THAT(Faults({}), ElementsAre("default_tool_output_tokens: found 4096; allowed: at most "
                                      "max_tool_output_tokens, which is 100 (" +
                                      home_ + "/config.json:1:28) (default)"));
  EXPECT_THAT(Faults({"default_tool_output_tokens=101"}),
              ElementsAre("default_tool_output_tokens: found 101; allowed: at most "
                          "max_tool_output_tokens, which is 100 (" +
                          home_ + "/config.json:1:28) (--set default_tool_output_tokens)"));
  EXPECT_THAT(Faults({"default_tool_output_tokens=100"}), IsEmpty());
}

TEST_F(Rules, EveryBoundIsKept) {
  for (const Leaf& leaf : Leaves()) {
    if (leaf.rule->at_most().empty()) continue;
    SCOPED_TRACE(leaf.path);
    const Leaf& most = *FindLeaf(leaf.rule->at_most());
    std::vector<std::string> faults =
        Faults({absl::StrCat(leaf.path, "=", RangeOf(leaf).max),
                absl::StrCat(most.path, "=", std::max<uint64_t>(RangeOf(most).min, 1))});
    EXPECT_THAT(faults, testing::Contains(testing::AllOf(testing::StartsWith(leaf.path + ": "),
                                                         HasSubstr("at most " + most.path))));
  }
}

TEST_F(Rules, SeveralContradictionsAreAllNamed) {
  EXPECT_THAT(Faults({"context.max_tokens=2000"}),
              ElementsAre(HasSubstr("compaction.trigger_tokens: found 160000"),
                          HasSubstr("context.reserved_output_tokens: found 16384")));
}

TEST_F(Rules, AFieldWithAFaultOfItsOwnIsNotComparedToo) {
  EXPECT_THAT(Faults({"max_tool_output_tokens=many", "default_tool_output_tokens=9000000"}),
              ElementsAre(HasSubstr("max_tool_output_tokens: found \"many\"")));
}

TEST_F(Rules, NothingIsComparedWithAFileThatCannotBeRead) {
  WriteConfig("{\"max_tool_output_tokens\": 100");
  EXPECT_THAT(Faults({}), ElementsAre(HasSubstr("not valid JSON")));
}

TEST_F(Rules, AnOpenControlPortNeedsAToken) {
  struct {
    const char* address;
    const char* mode;
    bool token_needed;
  } cases[] = {
      {"", "auto", false},
      {"", "required", false},
      {"localhost:1", "auto", false},
      {"127.0.0.1:1", "auto", false},
      {"[::1]:1", "auto", false},
      {"0.0.0.0:1", "auto", true},
      {"[::]:1", "auto", true},
      {"example.com:1", "auto", true},
      {"localhost:1", "required", true},
      {"0.0.0.0:1", "required", true},
      {"0.0.0.0:1", "disabled", false},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.address, " ", test.mode));
    const std::vector<std::string> sets = {absl::StrCat("control_addr=", test.address),
                                           absl::StrCat("control_auth_mode=", test.mode)};
    inputs_.environment.clear();
    if (test.token_needed) {
      EXPECT_THAT(Faults(sets), ElementsAre(testing::AllOf(
                                    HasSubstr("control_token: found none"),
                                    HasSubstr("set HOLON_CONTROL_TOKEN or control_token_file"))));
    } else {
      EXPECT_THAT(Faults(sets), IsEmpty());
    }
    inputs_.environment = {{"HOLON_CONTROL_TOKEN", "t"}};
    EXPECT_THAT(Faults(sets), IsEmpty());
  }
}

TEST_F(Rules, ABrokenAddressSaysNothingOfTokens) {
  EXPECT_THAT(Faults({"control_addr=nowhere", "control_auth_mode=required"}),
              ElementsAre(HasSubstr("control_addr: found \"nowhere\"")));
}

}  // namespace
}  // namespace holon::config
