#include "runtime/base/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "runtime/base/file.h"
#include "runtime/base/wait.h"
#include "tests/unit/base/scratch.h"

namespace holon::base {
namespace {

class SpawnTest : public ScratchTest {
 protected:
  SpawnTest() : output_(open(In("output").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    shell_.program = "/bin/sh";
    shell_.output_fd = output_.get();
    shell_.environment = {"PATH=/usr/bin:/bin"};
  }

  // Runs it to its end, reaped.
  ExitStatus Run(const SpawnOptions& options) {
    absl::StatusOr<Child> child = Spawn(options);
    EXPECT_TRUE(child.ok()) << child.status();
    if (!child.ok()) return {true, -1};
    WaitReadable({child->fd()}, absl::InfiniteDuration());
    return child->Reap().value_or(ExitStatus{true, -1});
  }

  // What a script says.
  std::string Say(const std::string& script) {
    shell_.arguments = {"-c", script};
    Run(shell_);
    std::stringstream said;
    said << std::ifstream(In("output")).rdbuf();
    return said.str();
  }

  // Whether what a script tests is so.
  bool Holds(const std::string& script) {
    shell_.arguments = {"-c", script};
    return Run(shell_).code == 0;
  }

  // A caller that has touched nothing.
  static CallersWorld Callers() {
    CallersWorld callers;
    sigemptyset(&callers.ignored);
    sigemptyset(&callers.blocked);
    return callers;
  }

  UniqueFd output_;
  SpawnOptions shell_;
};

TEST_F(SpawnTest, TheEnvironmentIsTheOneGivenAndNoMore) {
  ASSERT_EQ(setenv("HOLON_TEST_OF_SPAWN", "x", 1), 0);
  SpawnOptions env;
  env.program = "/usr/bin/env";
  env.output_fd = output_.get();
  env.environment = {"A=1", "B=two words"};
  EXPECT_EQ(Run(env).code, 0);
  unsetenv("HOLON_TEST_OF_SPAWN");
  EXPECT_EQ(Say(":"), "A=1\nB=two words\n");
}

TEST_F(SpawnTest, ArgumentsArriveAsTheyAre) {
  shell_.arguments = {"-c", "printf '<%s>' \"$@\"", "name", "a b", "", "$x"};
  Run(shell_);
  EXPECT_EQ(Say(":"), "<a b><><$x>");
}

TEST_F(SpawnTest, NoDescriptorIsInheritedButThree) {
  const int left_open = fcntl(output_.get(), F_DUPFD, 100);
  ASSERT_GE(left_open, 100);
  EXPECT_EQ(Say("ls /proc/$$/fd"), "0\n1\n2\n");
  close(left_open);
}

TEST_F(SpawnTest, StandardDescriptorsLeadToTheOutputOrNowhere) {
  EXPECT_EQ(Say("readlink /proc/$$/fd/0; echo out; echo err >&2"), "/dev/null\nout\nerr\n");
  shell_.output_fd = -1;
  for (int fd : {0, 1, 2}) {
    EXPECT_TRUE(Holds(absl::StrCat("[ \"$(readlink /proc/$$/fd/", fd, ")\" = /dev/null ]"))) << fd;
  }
  const CallersWorld callers = Callers();
  shell_.callers = &callers;
  for (int fd : {0, 1, 2}) {
    EXPECT_TRUE(
        Holds(absl::StrCat("[ /proc/$$/fd/", fd, " -ef /proc/", getpid(), "/fd/", fd, " ]")))
        << fd;
  }
}

TEST_F(SpawnTest, RunsInTheFolderGivenElseInOurs) {
  shell_.working_directory = folder_;
  EXPECT_EQ(Say("pwd"), folder_ + "\n");
  shell_.working_directory = "";
  EXPECT_TRUE(Holds(absl::StrCat("[ . -ef /proc/", getpid(), "/cwd ]")));
  shell_.working_directory = In("nowhere");
  EXPECT_TRUE(absl::IsNotFound(Spawn(shell_).status()));
}

TEST_F(SpawnTest, LeadsASessionOfItsOwnWhereItShould) {
  const CallersWorld callers = Callers();
  for (bool own : {true, false}) {
    shell_.callers = own ? nullptr : &callers;
    shell_.arguments = {"-c", ":"};
    absl::StatusOr<Child> child = Spawn(shell_);
    ASSERT_TRUE(child.ok());
    WaitReadable({child->fd()}, absl::InfiniteDuration());
    // It has ended and is not reaped: all of it can still be read.
    absl::StatusOr<ProcessStat> stat = ReadProcessStat(child->identity().pid);
    ASSERT_TRUE(stat.ok());
    EXPECT_EQ(stat->parent, getpid());
    EXPECT_EQ(stat->session, own ? child->identity().pid : getsid(0));
    EXPECT_EQ(stat->group, own ? child->identity().pid : getpgrp());
    EXPECT_TRUE(child->Reap().has_value());
  }
}

TEST_F(SpawnTest, SignalsAreAsIfNobodyHadTouchedThem) {
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  auto handler = signal(SIGPIPE, SIG_IGN);
  // Of sed in the shell's place: a shell that forks blocks signals itself for a moment.
  std::stringstream masks(Say("exec sed -n 's/^Sig[BI][lg][kn]:\\t//p' /proc/self/status"));
  signal(SIGPIPE, handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  uint64_t blocked = 1;
  uint64_t ignored = 1;
  masks >> std::hex >> blocked >> ignored;
  EXPECT_EQ(blocked, 0u);
  // Signals 32 and 33 belong to the C library.
  EXPECT_EQ(ignored & 0x7fffffff, 0u);
}

TEST_F(SpawnTest, InTheCallersPlaceWhatTheCallerIgnoresStaysIgnored) {
  CallersWorld callers = Callers();
  sigaddset(&callers.ignored, SIGHUP);
  shell_.callers = &callers;
  auto pipe = signal(SIGPIPE, SIG_IGN);  // Ours, not the caller's.
  EXPECT_TRUE(Holds("kill -HUP $$"));
  EXPECT_FALSE(Holds("kill -PIPE $$"));
  sigdelset(&callers.ignored, SIGHUP);
  EXPECT_FALSE(Holds("kill -HUP $$"));
  signal(SIGPIPE, pipe);
}

TEST_F(SpawnTest, AnEndThatTheKernelTellsNobodyIsAnEnd) {
  auto before = signal(SIGCHLD, SIG_IGN);
  absl::Cleanup restore = [before] { signal(SIGCHLD, before); };
  shell_.program = "/usr/bin/tail";
  shell_.arguments = {"-f", "/dev/null"};
  absl::StatusOr<Child> child = Spawn(shell_);
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_FALSE(child->Reap().has_value());
  ASSERT_TRUE(child->handle().Signal(SIGKILL).ok());
  WaitReadable({child->fd()}, absl::InfiniteDuration());
  std::optional<ExitStatus> ended = child->Reap();
  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(ended->unknown);
  EXPECT_EQ(ExitStatusText(*ended), "unknown");
}

TEST_F(SpawnTest, AChildThatSomebodyElseReapedHasEnded) {
  shell_.arguments = {"-c", "exit 3"};
  absl::StatusOr<Child> child = Spawn(shell_);
  ASSERT_TRUE(child.ok());
  ASSERT_EQ(waitpid(child->identity().pid, nullptr, 0), child->identity().pid);
  std::optional<ExitStatus> ended = child->Reap();
  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(ended->unknown);
}

TEST_F(SpawnTest, TheSessionIsWhatAWrapperHasStarted) {
  shell_.arguments = {"-c", "tail -f /dev/null & echo; exec tail -f /dev/null"};
  absl::StatusOr<Child> child = Spawn(shell_);
  ASSERT_TRUE(child.ok());
  // The first line tells that the wrapper has forked.
  while (ReadFile(In("output"), 10).value_or("").empty()) sched_yield();
  std::vector<ProcessHandle> members = child->Session();
  EXPECT_EQ(members.size(), 2u);
  for (ProcessHandle& member : members) {
    EXPECT_TRUE(member.Signal(SIGKILL).ok());
    WaitReadable({member.fd()}, absl::InfiniteDuration());
  }
  EXPECT_TRUE(child->Session().empty());
  EXPECT_TRUE(child->Reap().has_value());
}

TEST_F(SpawnTest, OutputIsReadWhileTheProgramRuns) {
  absl::StatusOr<std::string> output =
      OutputOf("/bin/sh", {"-c", "head -c 70000 /dev/zero; echo >&2"}, absl::Seconds(60));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(output->size(), 65536u);
  EXPECT_EQ(*OutputOf("/bin/echo", {"a"}, absl::Seconds(60)), "a\n");
  EXPECT_TRUE(absl::IsFailedPrecondition(OutputOf("/bin/false", {}, absl::Seconds(60)).status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      OutputOf("/bin/sh", {"-c", "while :; do echo; done"}, absl::Milliseconds(50)).status()));
}

TEST_F(SpawnTest, TellsHowItEnded) {
  for (int code : {0, 3, 255}) {
    shell_.arguments = {"-c", absl::StrCat("exit ", code)};
    ExitStatus ended = Run(shell_);
    EXPECT_FALSE(ended.signaled);
    EXPECT_EQ(ended.code, code);
  }
  shell_.arguments = {"-c", "kill -KILL $$"};
  ExitStatus killed = Run(shell_);
  EXPECT_TRUE(killed.signaled);
  EXPECT_EQ(killed.code, SIGKILL);
  EXPECT_EQ(ExitStatusText(killed), "signal 9 (SIGKILL)");
  EXPECT_EQ(ExitStatusText({false, 3}), "exit status 3");
}

TEST_F(SpawnTest, ReapsOnceAndRemembers) {
  shell_.program = "/usr/bin/tail";
  shell_.arguments = {"-f", "/dev/null"};
  absl::StatusOr<Child> child = Spawn(shell_);
  ASSERT_TRUE(child.ok());
  EXPECT_FALSE(child->Reap().has_value());
  EXPECT_FALSE(child->handle().Exited());
  ASSERT_TRUE(child->handle().Signal(SIGTERM).ok());
  WaitReadable({child->fd()}, absl::InfiniteDuration());
  for (int time = 0; time < 2; ++time) {
    std::optional<ExitStatus> ended = child->Reap();
    ASSERT_TRUE(ended.has_value());
    EXPECT_TRUE(ended->signaled);
    EXPECT_EQ(ended->code, SIGTERM);
  }
  EXPECT_TRUE(absl::IsNotFound(ReadProcessStat(child->identity().pid).status()));
}

TEST_F(SpawnTest, WhatCannotBeRunIsAnErrorThatSaysWhy) {
  shell_.program = In("nothing");
  EXPECT_TRUE(absl::IsNotFound(Spawn(shell_).status()));
  shell_.program = Write("text", "text");
  EXPECT_TRUE(absl::IsPermissionDenied(Spawn(shell_).status()));
  EXPECT_THAT(Spawn(shell_).status().message(), testing::HasSubstr("is not executable"));
  ASSERT_EQ(chmod(shell_.program.c_str(), 0700), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(Spawn(shell_).status())) << "no #! line";
  shell_.program = Write("script", "#!/no/such/interpreter\n");
  ASSERT_EQ(chmod(shell_.program.c_str(), 0700), 0);
  EXPECT_THAT(Spawn(shell_).status().message(), testing::HasSubstr("its interpreter is missing"));
}

TEST_F(SpawnTest, AProgramIsFoundInTheFirstFolderWhereItCanBeExecuted) {
  EXPECT_TRUE(absl::IsNotFound(FindProgramIn({folder_}, "tool").status()));
  const std::string tool = Write("tool", "");
  EXPECT_TRUE(absl::IsPermissionDenied(FindProgramIn({folder_}, "tool").status()));
  ASSERT_EQ(chmod(tool.c_str(), 0700), 0);
  EXPECT_EQ(*FindProgramIn({"/no/such/folder", folder_}, "tool"), tool);
}

}  // namespace
}  // namespace holon::base
