#include "runtime/base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/base/scratch.h"

namespace holon::base {
namespace {

class UnixSocketTest : public ScratchTest {
 protected:
  UnixSocketTest() : path_(In("socket")) {}

  UniqueFd Listening(const std::string& path) {
    absl::StatusOr<UniqueFd> fd = ListenAt(path);
    EXPECT_TRUE(fd.ok()) << fd.status();
    return fd.ok() ? *std::move(fd) : UniqueFd();
  }

  // A socket that is bound and nothing more.
  UniqueFd Bound(int type) {
    UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // `size` bytes, the name alone or the folder above it being long.
  std::string PathOf(size_t size, bool long_folder) {
    if (!long_folder) return In(std::string(size - folder_.size() - 1, 'n'));
    const std::string above = In(std::string(size - folder_.size() - 3, 'f'));
    std::filesystem::create_directories(above);
    return above + "/n";
  }

  void ExpectOutcome(ConnectOutcome outcome, int error, const std::string& path) {
    Connection connection = ConnectTo(path);
    EXPECT_EQ(connection.outcome, outcome) << path;
    EXPECT_EQ(connection.error, error) << path;
    EXPECT_FALSE(connection.fd.valid()) << path;
  }

  std::string path_;
};

TEST_F(UnixSocketTest, ConnectsAndKnowsWhoIsThere) {
  UniqueFd listener = Listening(path_);
  EXPECT_TRUE(absl::IsUnavailable(AcceptFrom(listener.get()).status()));
  Connection connection = ConnectTo(path_);
  ASSERT_EQ(connection.outcome, ConnectOutcome::kConnected);
  EXPECT_EQ(connection.peer.pid, getpid());
  EXPECT_EQ(connection.peer.uid, geteuid());
  absl::StatusOr<UniqueFd> accepted = AcceptFrom(listener.get());
  ASSERT_TRUE(accepted.ok());
  absl::StatusOr<PeerCredentials> peer = PeerOf(accepted->get());
  ASSERT_TRUE(peer.ok());
  EXPECT_EQ(peer->pid, getpid());
  for (int fd : {listener.get(), connection.fd.get(), accepted->get()}) {
    EXPECT_NE(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_TRUE(absl::IsUnavailable(AcceptFrom(listener.get()).status()));
}

TEST_F(UnixSocketTest, TheSocketIsForItsOwnerAndLeavesNothingBeside) {
  UniqueFd listener = Listening(path_);
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFSOCK | 0600));
  const std::filesystem::directory_iterator files(folder_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(UnixSocketTest, TheNewListenerTakesThePlaceOfTheOld) {
  UniqueFd before = Listening(path_);
  UniqueFd after = Listening(path_);
  EXPECT_EQ(ConnectTo(path_).outcome, ConnectOutcome::kConnected);
  EXPECT_TRUE(absl::IsUnavailable(AcceptFrom(before.get()).status()));
  EXPECT_TRUE(AcceptFrom(after.get()).ok());
}

TEST_F(UnixSocketTest, NothingIsAbsent) {
  ExpectOutcome(ConnectOutcome::kAbsent, ENOENT, path_);
  ExpectOutcome(ConnectOutcome::kAbsent, ENOENT, In("no/socket"));
  ExpectOutcome(ConnectOutcome::kAbsent, ENOTDIR, Write("file", "") + "/socket");
  std::filesystem::create_symlink("nowhere", path_);
  ExpectOutcome(ConnectOutcome::kAbsent, ENOENT, path_);
}

TEST_F(UnixSocketTest, NobodyListensIsRefused) {
  Listening(path_).Reset();
  ExpectOutcome(ConnectOutcome::kRefused, ECONNREFUSED, path_);
  std::filesystem::create_symlink(path_, In("link"));
  ExpectOutcome(ConnectOutcome::kRefused, ECONNREFUSED, In("link"));
}

TEST_F(UnixSocketTest, AFullBacklogIsBusy) {
  UniqueFd listener = Bound(SOCK_STREAM);
  ASSERT_EQ(listen(listener.get(), 0), 0);
  std::vector<Connection> waiting;
  do {
    waiting.push_back(ConnectTo(path_));
  } while (waiting.back().outcome == ConnectOutcome::kConnected && waiting.size() < 10);
  EXPECT_EQ(waiting.back().outcome, ConnectOutcome::kBusy);
  EXPECT_EQ(waiting.back().error, EAGAIN);
  EXPECT_GT(waiting.size(), 1u);

  // Who has patience gets the place that becomes free.
  std::thread acceptor([&] { UniqueFd(accept(listener.get(), nullptr, nullptr)).Reset(); });
  EXPECT_EQ(ConnectTo(path_, absl::Seconds(20)).outcome, ConnectOutcome::kConnected);
  acceptor.join();
}

TEST_F(UnixSocketTest, WhatIsNoSocketIsSaidToBeNone) {
  ExpectOutcome(ConnectOutcome::kNotSocket, ECONNREFUSED, Write("file", ""));
  ExpectOutcome(ConnectOutcome::kNotSocket, ECONNREFUSED, folder_);
  UniqueFd datagrams = Bound(SOCK_DGRAM);
  ExpectOutcome(ConnectOutcome::kNotSocket, EPROTOTYPE, path_);
}

TEST_F(UnixSocketTest, WhatIsClosedToUsIsDenied) {
  UniqueFd listener = Listening(path_);
  const uid_t self = geteuid();
  // Nothing is closed to root.
  if (self == 0) {
    ASSERT_EQ(seteuid(65534), 0);
  } else {
    ASSERT_EQ(chmod(path_.c_str(), 0), 0);
  }
  ExpectOutcome(ConnectOutcome::kDenied, EACCES, path_);
  if (self == 0) {
    ASSERT_EQ(seteuid(self), 0);
  }
}

TEST_F(UnixSocketTest, AnythingElseHasFailed) {
  std::filesystem::create_symlink(path_, path_);
  ExpectOutcome(ConnectOutcome::kFailed, ELOOP, path_);
}

TEST_F(UnixSocketTest, APathHasAtMost107Bytes) {
  for (bool long_folder : {false, true}) {
    SCOPED_TRACE(long_folder);
    const std::string longest = PathOf(107, long_folder);
    ASSERT_EQ(longest.size(), kMaxSocketPath);
    EXPECT_TRUE(FitsSocketPath(longest));
    UniqueFd listener = Listening(longest);
    EXPECT_EQ(ConnectTo(longest).outcome, ConnectOutcome::kConnected);
    EXPECT_TRUE(AcceptFrom(listener.get()).ok());

    const std::string longer = PathOf(108, long_folder);
    ASSERT_EQ(longer.size(), 108u);
    EXPECT_FALSE(FitsSocketPath(longer));
    EXPECT_TRUE(absl::IsInvalidArgument(ListenAt(longer).status()));
    // Nobody can listen there.
    ExpectOutcome(ConnectOutcome::kAbsent, ENAMETOOLONG, longer);
  }
}

TEST_F(UnixSocketTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_TRUE(absl::IsNotFound(ListenAt(In("no/socket")).status()));
}

}  // namespace
}  // namespace holon::base
