#include "runtime/base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sstream>

#include "absl/strings/str_cat.h"
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
  shell_.in_callers_place = true;
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
  for (bool own : {true, false}) {
    shell_.in_callers_place = !own;
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
  shell_.in_callers_place = true;
  auto pipe = signal(SIGPIPE, SIG_IGN);  // Ours, not the caller's.
  auto hangup = signal(SIGHUP, SIG_IGN);
  EXPECT_TRUE(Holds("kill -HUP $$"));
  EXPECT_FALSE(Holds("kill -PIPE $$"));
  signal(SIGHUP, hangup);
  EXPECT_FALSE(Holds("kill -HUP $$"));
  signal(SIGPIPE, pipe);
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

TEST_F(SpawnTest, WhatCannotBeRunIsAnError) {
  shell_.program = In("nothing");
  EXPECT_TRUE(absl::IsNotFound(Spawn(shell_).status()));
  shell_.program = Write("text", "text");
  EXPECT_TRUE(absl::IsPermissionDenied(Spawn(shell_).status()));
}

}  // namespace
}  // namespace holon::base
