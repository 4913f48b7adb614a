#include "ctl/lifecycle/runtime_watch.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holon::ctl {
namespace {

TEST(RuntimeWatchTest, IsNotMadeWithoutADescriptor) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  probe::ControlClient client{base::UniqueFd(ends[0])};
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_EQ(RuntimeWatch::Create(client), nullptr);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  close(ends[1]);
}

}  // namespace
}  // namespace holon::ctl
