#include "runtime/daemon/users.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "runtime/base/wait.h"

namespace holon::daemon {
namespace {

constexpr absl::Duration kHang = absl::Seconds(60);

class UsersTest : public testing::Test {
 protected:
  UsersTest() {
    char name[] = "/tmp/holon-users-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/users.lock";
  }
  ~UsersTest() override { std::filesystem::remove_all(folder_); }

  base::FileShare Share() { return *base::FileShare::Acquire(path_, absl::ZeroDuration()); }
  bool Notices(Users& users) { return base::WaitReadable({users.fd()}, kHang).has_value(); }

  std::string folder_;
  std::string path_;
};

TEST_F(UsersTest, GoOnceAndForGood) {
  Users users(true);
  {
    base::FileShare share = Share();
    users.Watch(path_, absl::ZeroDuration());
    EXPECT_FALSE(users.GoneBy(absl::ZeroDuration()));
  }
  ASSERT_TRUE(Notices(users));
  EXPECT_TRUE(users.GoneBy(absl::ZeroDuration()));
  EXPECT_FALSE(users.GoneBy(absl::ZeroDuration()));
  EXPECT_FALSE(users.MakePermanent());
  EXPECT_TRUE(absl::IsUnavailable(base::FileShare::Acquire(path_, absl::ZeroDuration()).status()));
}

TEST_F(UsersTest, OfAPermanentRuntimeAreNotWaitedFor) {
  Users users(false);
  users.Watch(path_, absl::ZeroDuration());
  EXPECT_EQ(users.fd(), -1);
  EXPECT_TRUE(users.MakePermanent());
}

TEST_F(UsersTest, MayGoFromWhatWasMadePermanentMeanwhile) {
  Users users(true);
  {
    base::FileShare share = Share();
    users.Watch(path_, absl::ZeroDuration());
    EXPECT_TRUE(users.MakePermanent());
  }
  ASSERT_TRUE(Notices(users));
  EXPECT_FALSE(users.GoneBy(absl::ZeroDuration()));
  EXPECT_EQ(users.fd(), -1);
  // The lock is given back.
  EXPECT_TRUE(base::FileShare::Acquire(path_, kHang).ok());
}

TEST_F(UsersTest, AreLookedForAgainWhereTheLockCannotBeOpened) {
  Users users(true);
  users.Watch(folder_ + "/run/users.lock", absl::ZeroDuration());
  ASSERT_TRUE(Notices(users));
  EXPECT_FALSE(users.GoneBy(absl::ZeroDuration()));
  std::filesystem::create_directory(folder_ + "/run");
  const absl::Duration later = users.next();
  ASSERT_NE(later, absl::InfiniteDuration());
  // The lock is free: the look that waits anew may have it at once.
  if (users.GoneBy(later)) return;
  ASSERT_TRUE(Notices(users));
  EXPECT_TRUE(users.GoneBy(later));
}

}  // namespace
}  // namespace holon::daemon
