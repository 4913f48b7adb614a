#include "runtime/base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "runtime/base/spawn.h"
#include "runtime/base/wait.h"

namespace holon::base {
namespace {

constexpr char kRest[] =
    " S 7 42 43 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 18446744073709551615";

TEST(ProcessStatTest, ReadsPastAnyName) {
  for (const std::string name : {"holond", "a b", "a) R 1 (b", ")", "((("}) {
    SCOPED_TRACE(name);
    std::optional<ProcessStat> stat = ParseProcessStat("12 (" + name + ")" + kRest + "\n");
    ASSERT_TRUE(stat.has_value());
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->parent, 7);
    EXPECT_EQ(stat->group, 42);
    EXPECT_EQ(stat->session, 43);
    EXPECT_EQ(stat->start_time_ticks, 987654u);
  }
}

TEST(ProcessStatTest, RefusesWhatIsCutOff) {
  for (const std::string line : {"", "12", "12 (x", "12 (x) S 7", "12 (x) SS 7 42 43"}) {
    EXPECT_FALSE(ParseProcessStat(line).has_value()) << line;
  }
}

TEST(IdentityTest, FollowsTheTable) {
  const ProcessIdentity own{1, 5, "boot", 77};
  const ProcessIdentity recorded{12, 987654, "boot", 77};
  ProcessStat alive;
  alive.state = 'S';
  alive.start_time_ticks = 987654;
  ProcessStat zombie = alive;
  zombie.state = 'Z';
  ProcessStat stopped = alive;
  stopped.state = 'T';
  ProcessStat stranger = alive;
  stranger.start_time_ticks = 987655;
  ProcessIdentity other_boot = recorded;
  other_boot.boot_id = "another";
  ProcessIdentity other_namespace = recorded;
  other_namespace.pid_namespace = 78;
  EXPECT_EQ(JudgeIdentity(recorded, own, alive), IdentityVerdict::kAlive);
  EXPECT_EQ(JudgeIdentity(recorded, own, stopped), IdentityVerdict::kAlive);
  EXPECT_EQ(JudgeIdentity(recorded, own, zombie), IdentityVerdict::kDead);
  EXPECT_EQ(JudgeIdentity(recorded, own, absl::NotFoundError("gone")), IdentityVerdict::kDead);
  EXPECT_EQ(JudgeIdentity(recorded, own, stranger), IdentityVerdict::kReused);
  EXPECT_EQ(JudgeIdentity(other_boot, own, alive), IdentityVerdict::kOtherBoot);
  EXPECT_EQ(JudgeIdentity(other_namespace, own, alive), IdentityVerdict::kOtherNamespace);
  EXPECT_EQ(JudgeIdentity(recorded, own, absl::UnavailableError("no /proc")),
            IdentityVerdict::kUnseen);
  // What one of the two could not read contradicts nothing, and proves nothing.
  ProcessIdentity no_boot = recorded;
  no_boot.boot_id = "";
  EXPECT_EQ(JudgeIdentity(no_boot, own, alive), IdentityVerdict::kAlive);
  ProcessIdentity no_namespace = recorded;
  no_namespace.pid_namespace = 0;
  EXPECT_EQ(JudgeIdentity(no_namespace, own, alive), IdentityVerdict::kUnseen);
  EXPECT_EQ(JudgeIdentity(no_namespace, own, absl::NotFoundError("gone")),
            IdentityVerdict::kUnseen);
  ProcessIdentity no_start = recorded;
  no_start.start_time_ticks = 0;
  EXPECT_EQ(JudgeIdentity(no_start, own, alive), IdentityVerdict::kUnseen);
}

Child Sleeper() {
  SpawnOptions options;
  options.program = "/bin/sleep";
  options.arguments = {"1000"};
  absl::StatusOr<Child> child = Spawn(options);
  EXPECT_TRUE(child.ok()) << child.status();
  return *std::move(child);
}

TEST(ProcessHandleTest, NeverOpensAReusedPid) {
  Child child = Sleeper();
  ProcessIdentity before = child.identity();
  before.start_time_ticks -= 1;
  EXPECT_TRUE(absl::IsNotFound(ProcessHandle::Open(before).status()));
  EXPECT_FALSE(child.Reap().has_value());
  ASSERT_TRUE(child.handle().Signal(SIGKILL).ok());
  WaitReadable({child.fd()}, absl::InfiniteDuration());
}

TEST(ProcessHandleTest, TellsTheEndOfAZombieAndOfAReapedChild) {
  Child child = Sleeper();
  absl::StatusOr<ProcessHandle> handle = ProcessHandle::Open(child.identity());
  ASSERT_TRUE(handle.ok()) << handle.status();
  EXPECT_FALSE(handle->Exited());
  ASSERT_TRUE(handle->SignalGroup(SIGKILL).ok());
  WaitReadable({handle->fd()}, absl::InfiniteDuration());
  EXPECT_TRUE(handle->Exited());
  EXPECT_EQ(Judge(child.identity()), IdentityVerdict::kDead) << "a zombie is dead";
  std::optional<ExitStatus> ended = child.Reap();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ExitStatusText(*ended), "signal 9 (SIGKILL)");
  EXPECT_TRUE(absl::IsNotFound(handle->Signal(SIGTERM)));
}

}  // namespace
}  // namespace holon::base
