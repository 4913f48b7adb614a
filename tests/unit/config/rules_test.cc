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

TEST_F(Rules, OnlyThisMachineReachesTheControlPort) {
  for (const char* mode : {"auto", "required", "disabled"}) {
    for (const char* address : {"", "localhost:1", "LOCALHOST:1", "127.0.0.1:1", "127.8.9.10:0",
                                "[::1]:1", "[0:0::1]:1", "[::ffff:127.0.0.1]:1"}) {
      EXPECT_THAT(Faults({absl::StrCat("control_addr=", address),
                          absl::StrCat("control_auth_mode=", mode)}),
                  IsEmpty())
          << address;
    }
    for (const char* address : {"0.0.0.0:1", "[::]:1", "[::ffff:0.0.0.0]:1", "192.168.0.1:1",
                                "example.com:1", "localhost.example.com:1", "127.example.org:1"}) {
      const std::string set = absl::StrCat("control_addr=", address);
      for (const char* token : {"", "t"}) {
        inputs_.environment = {};
        if (*token != 0) inputs_.environment = {{"HOLON_CONTROL_TOKEN", token}};
        EXPECT_THAT(
            Faults({set, absl::StrCat("control_auth_mode=", mode)}),
            ElementsAre(testing::AllOf(HasSubstr(absl::StrCat("control_addr: found \"", address,
                                                              "\"; allowed: a loopback address")),
                                       HasSubstr("(--set control_addr)"))));
      }
    }
    inputs_.environment = {};
  }
}

TEST_F(Rules, AControlPortNeedsNoConfiguredToken) {
  EXPECT_THAT(Faults({"control_addr=127.0.0.1:1", "control_auth_mode=required"}), IsEmpty());
}

TEST_F(Rules, ABrokenAddressHasOneFault) {
  EXPECT_THAT(Faults({"control_addr=nowhere", "control_auth_mode=required"}),
              ElementsAre(HasSubstr("control_addr: found \"nowhere\"")));
}

}  // namespace
}  // namespace holon::config
