// Which failure, process and match a status shows.
#include "ctl/render/status_view.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "ctl/render/status_text.h"

namespace holon::ctl {
namespace {

using probe::Verdict;

// A running runtime that tells of a failure at one second, beside a history with one at another.
v1::StatusView WithFailures(int told_second, int recorded_second) {
  probe::Sighting sighting;
  sighting.verdict = Verdict::kRunning;
  sighting.answer.emplace();
  sighting.answer->set_instance_id("now");
  sighting.answer->mutable_last_failure()->set_summary("told");
  sighting.answer->mutable_last_failure()->mutable_occurred_at()->set_seconds(told_second);
  StatusInputs inputs;
  inputs.sighting = &sighting;
  state::v1::FailureRecord* recorded = inputs.failures.add_failures();
  recorded->set_summary("recorded");
  recorded->mutable_occurred_at()->set_seconds(recorded_second);
  return MakeStatusView(inputs);
}

TEST(StatusFailureTest, TheLaterOfDiskAndRuntimeIsShown) {
  EXPECT_EQ(WithFailures(10, 20).last_failure().summary(), "recorded");
  EXPECT_EQ(WithFailures(20, 10).last_failure().summary(), "told");
  EXPECT_EQ(WithFailures(10, 10).last_failure().summary(), "recorded")
      << "at the same moment they are one";
}

TEST(StatusFailureTest, WhatWasClearedOnDiskIsNotShownAgain) {
  probe::Sighting sighting;
  sighting.verdict = Verdict::kRunning;
  sighting.answer.emplace();
  sighting.answer->mutable_last_failure()->mutable_occurred_at()->set_seconds(10);
  StatusInputs inputs;
  inputs.sighting = &sighting;
  inputs.failures.set_stable_instance_id("stable");
  inputs.failures.mutable_cleared_at()->set_seconds(10);
  EXPECT_FALSE(MakeStatusView(inputs).has_last_failure());
  inputs.failures.mutable_cleared_at()->set_seconds(9);
  EXPECT_TRUE(MakeStatusView(inputs).has_last_failure());
}

TEST(StatusPidTest, TheLocksHolderIsBetterEvidenceThanARecord) {
  probe::Sighting sighting;
  sighting.verdict = Verdict::kUnresponsive;
  sighting.record.emplace();
  sighting.record->mutable_identity()->set_pid(12);
  StatusInputs inputs;
  inputs.sighting = &sighting;
  EXPECT_EQ(MakeStatusView(inputs).pid(), 12);
  sighting.process.emplace();
  sighting.process->pid = 13;
  EXPECT_EQ(MakeStatusView(inputs).pid(), 13);
}

TEST(StatusMatchTest, ComparesTheFingerprints) {
  probe::Sighting sighting;
  sighting.verdict = Verdict::kRunning;
  sighting.answer.emplace();
  sighting.answer->set_config_fingerprint("theirs");
  StatusInputs inputs;
  inputs.sighting = &sighting;
  inputs.own = OwnConfig{"mine", {}};
  EXPECT_FALSE(MakeStatusView(inputs).config_fingerprint_match());
  inputs.own->fingerprint = "theirs";
  EXPECT_TRUE(MakeStatusView(inputs).config_fingerprint_match());
}

TEST(HealthExitCodeTest, IsZeroOnlyForAHealthyRuntimeWithThisConfiguration) {
  struct {
    Verdict verdict;
    bool healthy;
    std::optional<bool> match;
    base::ExitCode code;
  } const rows[] = {
      {Verdict::kRunning, true, true, base::ExitCode::kDone},
      {Verdict::kRunning, true, false, base::ExitCode::kConfigDiffers},
      {Verdict::kRunning, true, std::nullopt, base::ExitCode::kUnknown},
      {Verdict::kRunning, false, true, base::ExitCode::kFailed},
      {Verdict::kRunning, false, false, base::ExitCode::kFailed},
      {Verdict::kStarting, false, true, base::ExitCode::kFailed},
      {Verdict::kStopping, false, true, base::ExitCode::kFailed},
      {Verdict::kStale, false, std::nullopt, base::ExitCode::kFailed},
      {Verdict::kStopped, false, std::nullopt, base::ExitCode::kNotRunning},
      {Verdict::kUnresponsive, false, std::nullopt, base::ExitCode::kUnknown},
      {Verdict::kIncompatible, false, std::nullopt, base::ExitCode::kUnknown},
      {Verdict::kForeign, false, std::nullopt, base::ExitCode::kUnknown},
  };
  for (const auto& row : rows) {
    v1::StatusView view;
    view.set_healthy(row.healthy);
    if (row.match.has_value()) view.set_config_fingerprint_match(*row.match);
    EXPECT_EQ(HealthExitCode(row.verdict, view), row.code) << probe::VerdictName(row.verdict);
  }
}

TEST(ChangesTextTest, NamesWhatChangedAndIgnoresWhatALookCounts) {
  v1::StatusView before;
  before.set_state("running");
  before.mutable_counters()->set_connections_accepted(1);
  v1::StatusView now = before;
  now.mutable_counters()->set_connections_accepted(2);
  EXPECT_EQ(ChangesText(before, now), "");
  now.clear_counters();
  EXPECT_EQ(ChangesText(before, now), "");
  now.set_state("unresponsive");
  EXPECT_EQ(ChangesText(before, now), "modified: state: \"running\" -> \"unresponsive\"\n");
}

}  // namespace
}  // namespace holon::ctl
