#include "runtime/base/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "runtime/base/wait.h"

namespace holon::base {
namespace {

bool IsBlocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

class SignalsTest : public testing::Test {
 protected:
  SignalsTest() {
    pthread_sigmask(SIG_BLOCK, nullptr, &mask_);
    handler_ = signal(SIGPIPE, SIG_DFL);
  }
  ~SignalsTest() override {
    signal(SIGPIPE, handler_);
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

 private:
  sigset_t mask_;
  void (*handler_)(int);
};

TEST_F(SignalsTest, ComeByDescriptorWithTheirSender) {
  absl::StatusOr<SignalFd> signals = SignalFd::Create({SIGUSR1, SIGUSR2});
  ASSERT_TRUE(signals.ok());
  EXPECT_FALSE(signals->Read().has_value());
  EXPECT_FALSE(WaitReadable({signals->fd()}, absl::ZeroDuration()).has_value());
  kill(getpid(), SIGUSR1);
  EXPECT_TRUE(WaitReadable({signals->fd()}, absl::ZeroDuration()).has_value());
  std::optional<SignalFd::Received> received = signals->Read();
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->signal, SIGUSR1);
  EXPECT_EQ(received->sender_pid, getpid());
  EXPECT_EQ(received->sender_uid, getuid());
  EXPECT_FALSE(signals->Read().has_value());
}

TEST_F(SignalsTest, TellTheKernelFromAProcess) {
  absl::StatusOr<SignalFd> signals = SignalFd::Create({SIGALRM});
  ASSERT_TRUE(signals.ok());
  kill(getpid(), SIGALRM);
  EXPECT_FALSE(signals->Read()->from_kernel);
  itimerval soon = {};
  soon.it_value.tv_usec = 1;
  ASSERT_EQ(setitimer(ITIMER_REAL, &soon, nullptr), 0);
  WaitReadable({signals->fd()}, absl::InfiniteDuration());
  EXPECT_TRUE(signals->Read()->from_kernel);
}

TEST_F(SignalsTest, AHangupThatTheCallerIgnoresStaysIgnored) {
  EXPECT_FALSE(IsIgnored(SIGHUP));
  auto before = signal(SIGHUP, SIG_IGN);
  EXPECT_TRUE(IsIgnored(SIGHUP));
  signal(SIGHUP, before);
}

TEST_F(SignalsTest, EachOfSeveralIsRead) {
  absl::StatusOr<SignalFd> signals = SignalFd::Create({SIGUSR1, SIGUSR2});
  ASSERT_TRUE(signals.ok());
  kill(getpid(), SIGUSR2);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  std::multiset<int> seen;
  while (std::optional<SignalFd::Received> received = signals->Read()) {
    seen.insert(received->signal);
  }
  EXPECT_EQ(seen, (std::multiset<int>{SIGUSR1, SIGUSR2}));
}

TEST_F(SignalsTest, AreBlockedHereAndInLaterThreadsAndOthersAreNot) {
  absl::StatusOr<SignalFd> signals = SignalFd::Create({SIGUSR1});
  EXPECT_TRUE(IsBlocked(SIGUSR1));
  EXPECT_FALSE(IsBlocked(SIGUSR2));
  bool blocked = false;
  std::thread([&] { blocked = IsBlocked(SIGUSR1); }).join();
  EXPECT_TRUE(blocked);
}

TEST(SignalNameTest, IsTheUsualOneOrTheNumber) {
  EXPECT_EQ(SignalName(SIGTERM), "SIGTERM");
  EXPECT_EQ(SignalName(SIGKILL), "SIGKILL");
  EXPECT_EQ(SignalName(99), "signal 99");
  EXPECT_EQ(SignalName(0), "signal 0");
}

}  // namespace
}  // namespace holon::base
