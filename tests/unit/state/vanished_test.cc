#include "runtime/state/vanished.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "runtime/base/file.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/failures.h"

namespace holon::state {
namespace {

using testing::HasSubstr;

constexpr char kSegv[] =
    "generation g1\nphase runtime\n*** SIGSEGV received at time=1 on cpu 0 ***\nPC: @ 0x1 f\n";

Remains OfGeneration(const std::string& instance_id) {
  Remains remains;
  remains.record.emplace();
  remains.record->set_instance_id(instance_id);
  remains.record->mutable_identity()->set_pid(42);
  remains.last_sign = absl::FromUnixSeconds(1000);
  remains.log_excerpt = {"last words"};
  return remains;
}

TEST(CrashReportTest, NamesGenerationPhaseAndSignal) {
  std::optional<CrashReport> report = ParseCrashReport(kSegv);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->instance_id, "g1");
  EXPECT_EQ(report->phase, "runtime");
  EXPECT_EQ(report->signal, 11);
  EXPECT_EQ(report->lines.size(), 2u);
}

TEST(CrashReportTest, HasNoSignalWhereTheProcessEndedItself) {
  EXPECT_EQ(ParseCrashReport("generation g\nphase shutdown\nthe drain hung\n")->signal, 0);
}

TEST(CrashReportTest, IsNoReportWithoutItsHead) {
  for (const char* text : {"", "\n\n\n", "generation g1", "generation g1\nphase", "phase x\n\n",
                           "*** SIGSEGV received"}) {
    EXPECT_FALSE(ParseCrashReport(text).has_value()) << text;
  }
}

TEST(VanishedTest, WithoutAnyTraceIsUnknown) {
  v1::FailureRecord failure = DescribeVanished(OfGeneration("g1"));
  EXPECT_EQ(failure.phase(), kRuntimeFailure);
  EXPECT_EQ(failure.ended(), "unknown");
  EXPECT_EQ(failure.instance_id(), "g1");
  EXPECT_EQ(FromTimestamp(failure.occurred_at()), absl::FromUnixSeconds(1000));
  EXPECT_THAT(failure.summary(), HasSubstr("pid 42"));
  EXPECT_THAT(failure.log_excerpt(), testing::ElementsAre("last words"));
}

TEST(VanishedTest, ACrashTellsItsSignalAndStack) {
  Remains remains = OfGeneration("g1");
  remains.crash = ParseCrashReport(kSegv);
  v1::FailureRecord failure = DescribeVanished(remains);
  EXPECT_EQ(failure.ended(), "signal 11 (SIGSEGV)");
  EXPECT_THAT(failure.summary(), HasSubstr("SIGSEGV"));
  EXPECT_EQ(failure.log_excerpt(1), "PC: @ 0x1 f");
}

TEST(VanishedTest, TheCrashOfAnotherGenerationTellsNothing) {
  Remains remains = OfGeneration("g2");
  remains.crash = ParseCrashReport(kSegv);
  EXPECT_EQ(DescribeVanished(remains).ended(), "unknown");
}

TEST(VanishedTest, ACrashIsEnoughWhereTheRecordIsLost) {
  Remains remains;
  remains.crash = ParseCrashReport(kSegv);
  EXPECT_EQ(DescribeVanished(remains).instance_id(), "g1");
  EXPECT_EQ(DescribeVanished(remains).ended(), "signal 11 (SIGSEGV)");
}

TEST(VanishedTest, AHungDrainIsAFailureToShutDown) {
  Remains remains = OfGeneration("g1");
  remains.crash = ParseCrashReport("generation g1\nphase shutdown\nthe drain hung\n");
  v1::FailureRecord failure = DescribeVanished(remains);
  EXPECT_EQ(failure.phase(), kShutdownFailure);
  EXPECT_EQ(failure.ended(), "exit status 1");
  EXPECT_THAT(failure.summary(), HasSubstr("the drain hung"));
}

TEST(VanishedTest, AnotherBootIsTheMachinesFault) {
  Remains remains = OfGeneration("g1");
  remains.identity = base::IdentityVerdict::kOtherBoot;
  EXPECT_THAT(DescribeVanished(remains).summary(), HasSubstr("the machine went down"));
}

TEST(VanishedTest, ARiseOfTheOomCountIsNamed) {
  Remains remains = OfGeneration("g1");
  remains.record->set_oom_kills(3);
  remains.oom_kills = 3;
  EXPECT_EQ(DescribeVanished(remains).ended(), "unknown");
  remains.oom_kills = 5;
  EXPECT_THAT(DescribeVanished(remains).ended(), HasSubstr("lack of memory"));
  EXPECT_THAT(DescribeVanished(remains).summary(), HasSubstr("killed 2 of"));
  remains.record->clear_oom_kills();
  EXPECT_EQ(DescribeVanished(remains).ended(), "unknown");
}

TEST(VanishedTest, IsAddedToAHistoryOnce) {
  v1::FailureRecord vanished = DescribeVanished(OfGeneration("g1"));
  v1::FailureHistory history = WithVanished(v1::FailureHistory(), vanished);
  EXPECT_EQ(history.failures_size(), 1);
  EXPECT_EQ(WithVanished(history, vanished).failures_size(), 1);
  EXPECT_EQ(WithVanished(history, std::nullopt).failures_size(), 1);
  EXPECT_EQ(WithVanished(history, DescribeVanished(OfGeneration("g2"))).failures_size(), 2);
}

TEST(VanishedTest, ItsEndIsDatedBetweenTheLastSignAndTheMomentItWasNoticed) {
  Remains remains = OfGeneration("g1");
  remains.noticed = absl::FromUnixSeconds(2000);
  v1::FailureRecord failure = DescribeVanished(remains);
  EXPECT_EQ(FromTimestamp(failure.occurred_after()), absl::FromUnixSeconds(1000));
  EXPECT_EQ(FromTimestamp(failure.occurred_before()), absl::FromUnixSeconds(2000));
  remains.noticed = absl::FromUnixSeconds(500);  // The clock was set back.
  EXPECT_EQ(FromTimestamp(DescribeVanished(remains).occurred_before()),
            absl::FromUnixSeconds(1000));
}

TEST(VanishedTest, OwnLinesAreThoseOfTheGenerationAlone) {
  const std::string before = "2026-01-02T03:04:05Z info answering pid=1 generation=g0";
  const std::string first = "2026-01-02T03:04:06Z info answering pid=2 generation=g1";
  const std::string after = "2026-01-02T03:04:07Z info answering pid=3 generation=g2";
  const std::string printed = "holond: the configuration is invalid:";
  struct Row {
    std::vector<std::string> lines;
    std::vector<std::string> own;
  };
  for (const Row& row : {Row{{}, {}},
                         {{"a", "b"}, {"a", "b"}},
                         {{before, "x", first, "a"}, {first, "a"}},
                         {{first, "a", after, "x"}, {first, "a"}},
                         {{first, "a", printed, "  x: y"}, {first, "a"}},
                         {{before, "x"}, {}}}) {
    EXPECT_EQ(OwnLines(row.lines, "g1"), row.own);
  }
}

TEST(FailuresTest, OneGenerationEndsOnceInWhicheverOrderItIsTold) {
  v1::FailureRecord start;
  start.set_phase(kStartupFailure);
  start.set_summary("the runtime ended within the stability window");
  start.set_instance_id("g1");
  start.set_ended("signal 11 (SIGSEGV)");
  start.add_log_excerpt("a line of the log");
  Remains remains = OfGeneration("g1");
  remains.crash = ParseCrashReport(kSegv);
  const v1::FailureRecord crash = DescribeVanished(remains);
  for (bool start_first : {true, false}) {
    v1::FailureHistory history;
    AddEnd(start_first ? start : crash, &history);
    AddEnd(start_first ? crash : start, &history);
    ASSERT_EQ(history.failures_size(), 1);
    EXPECT_EQ(history.failures(0).phase(), kStartupFailure);
    EXPECT_EQ(history.failures(0).summary(), start.summary());
    EXPECT_EQ(history.failures(0).ended(), start.ended());
    EXPECT_THAT(history.failures(0).log_excerpt(0), HasSubstr("*** SIGSEGV"));
  }
}

class VanishedFilesTest : public testing::Test {
 protected:
  VanishedFilesTest() : paths_(Scratch()) { std::filesystem::create_directories(paths_.run); }
  ~VanishedFilesTest() override { std::filesystem::remove_all(paths_.home); }
  static std::string Scratch() {
    char name[] = "/tmp/holon-vanished-XXXXXX";
    return mkdtemp(name);
  }
  HomePaths paths_;
};

TEST_F(VanishedFilesTest, ACleanEndLeavesNothingToFind) {
  ASSERT_TRUE(base::AppendLine(paths_.log, "line").ok());
  EXPECT_FALSE(FindVanished(paths_).has_value());
  EXPECT_TRUE(RecordVanished(paths_).ok());
  EXPECT_EQ(ReadFailures(paths_.failures)->failures_size(), 0);
}

TEST_F(VanishedFilesTest, WhatIsLeftIsRecordedAndItsReportRemoved) {
  v1::DaemonRecord record;
  record.set_instance_id("g1");
  record.mutable_identity()->set_pid(42);
  record.mutable_identity()->set_boot_id("another");
  record.mutable_identity()->set_start_time_ticks(1);
  ASSERT_TRUE(WriteDaemonRecord(paths_.daemon_record, record).ok());
  ASSERT_TRUE(base::WriteFileAtomically(paths_.crash_report, kSegv).ok());
  EXPECT_TRUE(RecordVanished(paths_).ok());
  absl::StatusOr<v1::FailureHistory> history = ReadFailures(paths_.failures);
  ASSERT_EQ(history->failures_size(), 1);
  EXPECT_EQ(history->failures(0).instance_id(), "g1");
  EXPECT_EQ(history->failures(0).ended(), "signal 11 (SIGSEGV)");
  EXPECT_FALSE(std::filesystem::exists(paths_.crash_report));
}

TEST_F(VanishedFilesTest, WhatIsRecordedCanBeReadBack) {
  v1::FailureRecord failure;
  for (int i = 0; i < 40; ++i) failure.add_log_excerpt(std::string(8192, '\x01') + "\xff");
  for (int i = 0; i < kMaxFailures; ++i) {
    ASSERT_TRUE(RecordFailure(paths_.failures, failure).ok());
  }
  EXPECT_TRUE(ReadFailures(paths_.failures).ok());
  EXPECT_GE(ReadFailures(paths_.failures)->failures_size(), 1);
}

TEST_F(VanishedFilesTest, APidFileAloneTellsThatSomebodyWas) {
  ASSERT_TRUE(base::AppendLine(paths_.pid_file, "42").ok());
  ASSERT_TRUE(FindVanished(paths_).has_value());
  EXPECT_EQ(FindVanished(paths_)->instance_id(), "");
}

}  // namespace
}  // namespace holon::state
