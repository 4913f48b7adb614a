#include "runtime/base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "runtime/base/unique_fd.h"

namespace holon::base {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    out = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  UniqueFd in;
  UniqueFd out;
};

TEST(DescriptorTest, FullPipeLosesTheRestInsteadOfBlocking) {
  Pipe pipe;
  WriteWithoutWaiting(pipe.in.get(), std::string(1 << 20, 'x'));  // Would hang if it waited.
  char buffer[4];
  EXPECT_EQ(read(pipe.out.get(), buffer, sizeof buffer), 4);
}

TEST(DescriptorTest, NobodyAtTheOtherEndIsNoMatter) {
  signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.out.Reset();
  WriteWithoutWaiting(pipe.in.get(), "x");
  EXPECT_FALSE(WriteOnce(pipe.in.get(), "x").ok());
}

TEST(DescriptorTest, FullDiskIsResourceExhausted) {
  UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  EXPECT_TRUE(absl::IsResourceExhausted(WriteOnce(full.get(), "x").status()));
}

TEST(DescriptorTest, APeerThatHasClosedHasHungUp) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  ASSERT_EQ(write(theirs.get(), "x", 1), 1);
  EXPECT_FALSE(HasHungUp(ours.get())) << "it has said something, and may say more";
  theirs.Reset();
  EXPECT_TRUE(HasHungUp(ours.get()));
}

TEST(DescriptorTest, PipesAreKnown) {
  Pipe pipe;
  EXPECT_TRUE(IsPipe(pipe.in.get()));
  UniqueFd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(IsPipe(null.get()));
  ASSERT_TRUE(Redirect(null.get(), pipe.in.get()).ok());
  EXPECT_TRUE(IsPipe(null.get()));
}

}  // namespace
}  // namespace holon::base
