#include "runtime/daemon/crash_report.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_join.h"
#include "runtime/base/file.h"
#include "runtime/base/signals.h"
#include "runtime/base/thread.h"
#include "runtime/state/vanished.h"

namespace holon::daemon {
namespace {

// Each dies in a process of its own, which begins anew.
class DyingTest : public testing::Test {
 protected:
  DyingTest() {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    // The same in the process that dies, which runs this again.
    setenv("HOLON_DYING_TEST", std::to_string(getpid()).c_str(), /*overwrite=*/0);
    path_ = std::string("/tmp/holon-dying-") + getenv("HOLON_DYING_TEST");
  }
  ~DyingTest() override { std::filesystem::remove(path_); }

  std::optional<state::CrashReport> Report() {
    return state::ParseCrashReport(base::ReadFile(path_, 1 << 20).value_or(""));
  }

  std::string path_;
};

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(DyingTest, ACrashLeavesItsSignalAndStackAndEndsAsItWouldHave) {
  EXPECT_EXIT(
      {
        InstallCrashHandler("daemon_test");
        NameCrashReport(AT_FDCWD, path_, "g1");
        raise(SIGSEGV);
      },
      testing::KilledBySignal(SIGSEGV), "SIGSEGV received");
  std::optional<state::CrashReport> report = Report();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->instance_id, "g1");
  EXPECT_EQ(report->phase, "runtime");
  EXPECT_EQ(report->signal, SIGSEGV);
  // Symbolised, and far enough down to be of use.
  EXPECT_NE(absl::StrJoin(report->lines, "\n").find("main"), std::string::npos);
}

// Not inlined, and too deep for any stack.
[[gnu::noinline]] int Overflow(int depth) {  // NOLINT
  volatile char room[4096];
  room[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : Overflow(depth + 1) + room[0];
}

TEST_F(DyingTest, AThreadThatHasUsedUpItsStackLeavesAReport) {
  EXPECT_EXIT(
      {
        InstallCrashHandler("daemon_test");
        NameCrashReport(AT_FDCWD, path_, "g4");
        auto thread = base::StartThread([] { (void)Overflow(0); });
        thread->join();
      },
      testing::KilledBySignal(SIGSEGV), "SIGSEGV received");
  ASSERT_TRUE(Report().has_value());
  EXPECT_EQ(Report()->signal, SIGSEGV);
}

TEST_F(DyingTest, AFifoInTheReportsPlaceHangsNobody) {
  ASSERT_TRUE(mkfifo(path_.c_str(), 0600) == 0 || errno == EEXIST);
  EXPECT_EXIT(
      {
        InstallCrashHandler("daemon_test");
        NameCrashReport(AT_FDCWD, path_, "g5");
        raise(SIGSEGV);
      },
      testing::KilledBySignal(SIGSEGV), "SIGSEGV received");
}

TEST_F(DyingTest, ACrashBeforeThereIsAGenerationGoesToStderrAlone) {
  EXPECT_EXIT(
      {
        InstallCrashHandler("daemon_test");
        abort();
      },
      testing::KilledBySignal(SIGABRT), "SIGABRT received");
  EXPECT_FALSE(Report().has_value());
}
#endif

TEST_F(DyingTest, AHungDrainIsReported) {
  EXPECT_EXIT(
      {
        NameCrashReport(AT_FDCWD, path_, "g2");
        ReportHungDrain("the drain did not end in time\n");
        _exit(1);
      },
      testing::ExitedWithCode(1), "the drain did not end in time");
  std::optional<state::CrashReport> report = Report();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->instance_id, "g2");
  EXPECT_EQ(report->phase, "shutdown");
  EXPECT_EQ(report->signal, 0);
}

}  // namespace
}  // namespace holon::daemon
