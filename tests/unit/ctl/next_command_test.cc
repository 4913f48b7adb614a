// Which command helps with what was seen, and what it repeats of the call.
#include "ctl/render/next_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ctl/commands/invocation.h"

namespace holon::ctl {
namespace {

using probe::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

using Words = std::vector<std::string>;

NextStep Of(Verdict verdict, bool valid = true) {
  probe::Sighting sighting;
  sighting.verdict = verdict;
  return NextFor(Invocation(), sighting, valid);
}

TEST(NextCommandTest, IsTheOneThatHelpsWithEachVerdict) {
  struct {
    Verdict verdict;
    Words words;
    bool advice;
  } const rows[] = {
      {Verdict::kRunning, {}, false},
      {Verdict::kStarting, {}, false},
      {Verdict::kStopping, {}, false},
      {Verdict::kStopped, {"holonctl", "start"}, false},
      {Verdict::kStale, {"holonctl", "start"}, false},
      {Verdict::kUnresponsive, {"holonctl", "stop"}, false},
      {Verdict::kIncompatible, {"holonctl", "stop", "--force"}, true},
      {Verdict::kForeign, {}, true},
  };
  for (const auto& row : rows) {
    const NextStep next = Of(row.verdict);
    EXPECT_EQ(next.words, row.words) << probe::VerdictName(row.verdict);
    EXPECT_EQ(!next.advice.empty(), row.advice) << probe::VerdictName(row.verdict);
  }
}

TEST(NextCommandTest, NoStartHelpsAnInvalidConfiguration) {
  for (Verdict verdict : {Verdict::kStopped, Verdict::kStale}) {
    EXPECT_THAT(Of(verdict, false).words, IsEmpty());
    EXPECT_NE(Of(verdict, false).advice, "");
  }
}

TEST(NextCommandTest, NoStopHelpsAgainstAProcessThatCannotBeProven) {
  probe::Sighting sighting;
  sighting.verdict = Verdict::kUnresponsive;
  sighting.unproven = "no source names it";
  EXPECT_THAT(NextFor(Invocation(), sighting).words, IsEmpty());
  sighting.process.emplace();
  EXPECT_THAT(NextFor(Invocation(), sighting).words, ElementsAre("holonctl", "stop"));
}

TEST(NextCommandTest, LogsSayWhyARuntimeIsDegraded) {
  probe::Sighting sighting;
  sighting.verdict = Verdict::kRunning;
  sighting.answer.emplace();
  EXPECT_THAT(NextFor(Invocation(), sighting).words, IsEmpty());
  sighting.answer->add_degraded("the disk is full");
  EXPECT_THAT(NextFor(Invocation(), sighting).words, ElementsAre("holonctl", "logs"));
}

TEST(NextCommandTest, RepeatsTheOptionsOfTheCallAndNoSecret) {
  Options options;
  options.socket = "s p";
  options.config_file = "c";
  options.sets = {"log.level=debug", "control_token=secret", "nonsense=secret",
                  "control_token_file=/t"};
  options.drain_timeout = absl::Seconds(3);
  options.force = true;
  Invocation call = MakeInvocation(options, "/h");
  call.program = "holonctl";
  EXPECT_THAT(NextFor(call, Situation::kStopped).words,
              ElementsAre("holonctl", "--home", "/h", "--socket", "s p", "--config", "c", "--set",
                          "log.level=debug", "--set", "control_token_file=/t", "start"));
  options = Options();
  options.term_timeout = absl::Seconds(1);
  options.force = true;
  call = MakeInvocation(options, "/h");
  call.program = "holonctl";
  EXPECT_THAT(
      NextFor(call, Situation::kStopInterrupted).words,
      ElementsAre("holonctl", "--home", "/h", "stop", "--term-timeout", "1000ms", "--force"));
}

TEST(NextCommandTest, HelpIsThatOfTheCommandAndNeedsNoHome) {
  Invocation call = MakeInvocation(Options(), "/h");
  call.program = "holonctl";
  EXPECT_THAT(NextFor(call, Situation::kUsage).words, ElementsAre("holonctl", "--help"));
  call.command = {"config", "set"};
  EXPECT_THAT(NextFor(call, Situation::kUsage).words,
              ElementsAre("holonctl", "config", "set", "--help"));
}

TEST(NextCommandTest, OfANameThatIsNotUtf8ThereIsNone) {
  Invocation call;
  call.options = {"--home", "/h", "--config", "/\xff"};
  const NextStep step = NextFor(call, Situation::kStopped);
  EXPECT_TRUE(step.words.empty());
  EXPECT_NE(step.advice, "");
  EXPECT_FALSE(NextFor(call, Situation::kUsage).words.empty()) << "help needs no options";
}

}  // namespace
}  // namespace holon::ctl
