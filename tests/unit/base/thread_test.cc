#include "runtime/base/thread.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace holon::base {
namespace {

TEST(StartThreadTest, RunsItsBody) {
  int ran = 0;
  absl::StatusOr<std::thread> thread = StartThread([&ran] { ran = 1; });
  ASSERT_TRUE(thread.ok()) << thread.status();
  thread->join();
  EXPECT_EQ(ran, 1);
}

// In a process of its own, which may have no second thread. Root is bound by no such limit.
TEST(StartThreadTest, SaysThatNoneIsToBeHad) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit none = {0, 0};
    setrlimit(RLIMIT_NPROC, &none);
    if (geteuid() == 0 && setuid(65534) != 0) _exit(2);
    absl::StatusOr<std::thread> thread = StartThread([] {});
    _exit(absl::IsResourceExhausted(thread.status()) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace holon::base
