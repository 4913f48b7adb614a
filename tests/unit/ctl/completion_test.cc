#include "ctl/commands/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/commands/options.h"

namespace holon::ctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Words(const std::vector<std::string>& typed) {
  std::vector<std::string> words;
  for (const Candidate& candidate : Complete(DescribeCommandLine(), typed).candidates) {
    words.push_back(candidate.word);
  }
  return words;
}

Completion::Kind KindOf(const std::vector<std::string>& typed) {
  return Complete(DescribeCommandLine(), typed).kind;
}

TEST(Complete, OffersWhatMayStandThere) {
  EXPECT_THAT(Words({"sta"}), ElementsAre("start", "status"));
  EXPECT_THAT(Words({"config", "unse"}), ElementsAre("unset"));
  EXPECT_THAT(Words({"--home", "config", "sta"}), ElementsAre("start", "status"));
  EXPECT_THAT(Words({"--home=config", "-q", "sta"}), ElementsAre("start", "status"));
  EXPECT_THAT(Words({"nope", "sta"}), IsEmpty());
  EXPECT_THAT(Words({"stop", "sta"}), IsEmpty());
  EXPECT_THAT(Words({"status", "--", "--ho"}), IsEmpty()) << "no options behind --";
  EXPECT_THAT(Words({}), IsEmpty());
}

TEST(Complete, OffersValuesOfSettings) {
  EXPECT_THAT(Words({"--set", "log.f"}), ElementsAre("log.format="));
  EXPECT_THAT(Words({"--set", "log.format=j"}), ElementsAre("log.format=json"));
  EXPECT_THAT(Words({"config", "set", "log.format", ""}), ElementsAre("text", "json"));
  EXPECT_THAT(Words({"config", "get", "control_token"}),
              ElementsAre("control_token", "control_token_file"));
  EXPECT_THAT(Words({"config", "set", "control_token"}), ElementsAre("control_token_file"));
  EXPECT_THAT(Words({"config", "set", "nope", ""}), IsEmpty());
}

TEST(Complete, LeavesPathsAndCommandsToTheShell) {
  EXPECT_EQ(KindOf({"--home", ""}), Completion::Kind::kDirectories);
  EXPECT_EQ(KindOf({"--config=x"}), Completion::Kind::kFiles);
  EXPECT_EQ(KindOf({"config", "set", "workspace_dir", ""}), Completion::Kind::kFiles);
  const Completion command = Complete(DescribeCommandLine(), {"run", "--ensure", "--", "ls", "-"});
  EXPECT_EQ(CompletionText(command), "command 3\n");
}

TEST(CompletionText, HasADescriptionBehindATab) {
  Completion completion;
  completion.candidates = {{"a", "two\nlines\tof it"}, {"b=", ""}};
  EXPECT_EQ(CompletionText(completion), "words\na\ttwo lines of it\nb=\t\n");
}

}  // namespace
}  // namespace holon::ctl
