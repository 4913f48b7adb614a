#include "runtime/base/notify.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "runtime/base/file.h"
#include "runtime/base/temporary_file.h"
#include "runtime/base/wait.h"
#include "tests/unit/base/scratch.h"

namespace holon::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class NotifyTest : public ScratchTest {
 protected:
  NotifyReceiver Receiver() {
    absl::StatusOr<NotifyReceiver> receiver = NotifyReceiver::Create(In("notify"));
    EXPECT_TRUE(receiver.ok()) << receiver.status();
    return *std::move(receiver);
  }
};

TEST(NotifyMessageTest, AValueCannotBeginALine) {
  EXPECT_EQ(NotifyMessage({{"STATUS", "x\nREADY=1\r\tMAINPID=1"}, {"STOPPING", "1"}}),
            "STATUS=x READY=1  MAINPID=1\nSTOPPING=1");
}

TEST_F(NotifyTest, TakesWhatTheSessionSaysAndDropsTheRest) {
  NotifyReceiver receiver = Receiver();
  NotifySender sender(receiver.AddressFrom("/"));
  EXPECT_TRUE(sender.Send({{"READY", "1"}}));
  ASSERT_TRUE(WaitReadable({receiver.fd()}, absl::InfiniteDuration()).has_value());
  EXPECT_THAT(receiver.Receive(getsid(0) + 1), IsEmpty());
  EXPECT_TRUE(sender.Send({{"STATUS", "reading"}}));
  EXPECT_TRUE(sender.Send({{"READY", "1"}}));
  std::vector<Notification> told = receiver.Receive(getsid(0));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].status, "reading");
  EXPECT_TRUE(told[1].ready);
  EXPECT_FALSE(WaitReadable({receiver.fd()}, absl::ZeroDuration()).has_value());
}

TEST_F(NotifyTest, AFullQueueIsSaidSoThatNothingIsLost) {
  NotifyReceiver receiver = Receiver();
  NotifySender sender(receiver.AddressFrom("/"));
  while (sender.Send({{"STATUS", "more"}})) {
  }
  EXPECT_FALSE(sender.Send({{"READY", "1"}}));
  EXPECT_THAT(receiver.Receive(getsid(0)), Not(IsEmpty()));
  EXPECT_TRUE(sender.Send({{"READY", "1"}}));
  EXPECT_TRUE(receiver.Receive(getsid(0)).back().ready);
}

TEST_F(NotifyTest, WhereNobodyListensNothingIsToBeSentAgain) {
  for (const char* address : {"", "/no/such/folder/socket", "@nobody"}) {
    EXPECT_TRUE(NotifySender(address).Send({{"READY", "1"}})) << address;
  }
}

TEST_F(NotifyTest, TheNameGoesWithTheReceiverAndALeftOneWithTheNext) {
  const std::string left = TemporaryName(In("notify"));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  left.copy(address.sun_path, sizeof address.sun_path - 1);
  {
    UniqueFd dead(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  {
    NotifyReceiver living = Receiver();
    NotifyReceiver second = Receiver();
    EXPECT_THAT(*ListDirectory(folder_), SizeIs(2)) << "the dead one is gone, the living is not";
  }
  EXPECT_THAT(*ListDirectory(folder_), IsEmpty());
}

TEST_F(NotifyTest, AFolderWithALongNameIsReachedFromTheWorkingDirectory) {
  const std::string deep = In(std::string(100, 'x'));
  ASSERT_TRUE(MakeDirectory(deep, 0700).ok());
  absl::StatusOr<NotifyReceiver> receiver = NotifyReceiver::Create(JoinPath(deep, "notify"));
  ASSERT_TRUE(receiver.ok()) << receiver.status();
  const std::string address = receiver->AddressFrom(deep);
  EXPECT_EQ(DirectoryOf(address), ".");
  UniqueFd before(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(chdir(deep.c_str()), 0);
  EXPECT_TRUE(NotifySender(address).Send({{"READY", "1"}}));
  ASSERT_EQ(fchdir(before.get()), 0);
  EXPECT_THAT(receiver->Receive(getsid(0)), SizeIs(1));
}

}  // namespace
}  // namespace holon::base
