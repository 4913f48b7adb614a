// A claim on a home of its own.
#include "runtime/daemon/instance.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/base/process.h"
#include "runtime/state/daemon_record.h"

namespace holon::daemon {
namespace {

class InstanceTest : public testing::Test {
 protected:
  InstanceTest() : home_(MakeHome()), paths_(home_) {
    std::filesystem::create_directory(paths_.run);
    chmod(paths_.run.c_str(), 0700);
    Refusal refusal;
    instance_ = Instance::Claim(paths_, paths_.run + "/holon.sock", std::nullopt, -1, &refusal);
    EXPECT_TRUE(instance_.has_value()) << refusal.message;
    record_.set_format(state::kRecordFormat);
    *record_.mutable_identity() = state::ToRecord(base::OwnIdentity());
    record_.set_instance_id("5b1f8f4e-3d5c-4c0b-9f43-1a2b3c4d5e6f");
    record_.set_home_dir(home_);
    record_.set_socket_path(paths_.run + "/holon.sock");
  }
  ~InstanceTest() override { std::filesystem::remove_all(home_); }

  static std::string MakeHome() {
    char name[] = "/tmp/holon-instance-XXXXXX";
    return mkdtemp(name);
  }
  bool Exists(const std::string& path) { return std::filesystem::exists(path); }

  const std::string home_;
  const state::HomePaths paths_;
  state::v1::DaemonRecord record_;
  std::optional<Instance> instance_;
};

TEST_F(InstanceTest, WhatIsAnnouncedIsWithdrawn) {
  ASSERT_TRUE(instance_->Listen().ok());
  const absl::Status announced = instance_->Announce(record_, [](const std::string&) {});
  ASSERT_TRUE(announced.ok()) << announced;
  EXPECT_TRUE(Exists(paths_.run + "/holon.sock") && Exists(paths_.pid_file) &&
              Exists(paths_.daemon_record));
  EXPECT_TRUE(instance_->Withdraw().ok());
  EXPECT_FALSE(Exists(paths_.run + "/holon.sock") || Exists(paths_.pid_file) ||
               Exists(paths_.daemon_record));
}

TEST_F(InstanceTest, WhatIsWithdrawnAtOnceIsNotMadeAgain) {
  ASSERT_TRUE(instance_->WithdrawAtOnce().ok());
  EXPECT_TRUE(absl::IsCancelled(instance_->Listen().status()));
  EXPECT_TRUE(absl::IsCancelled(instance_->Announce(record_, [](const std::string&) {})));
  EXPECT_TRUE(absl::IsCancelled(instance_->Heal().status));
  EXPECT_FALSE(Exists(paths_.run + "/holon.sock") || Exists(paths_.pid_file) ||
               Exists(paths_.daemon_record));
}

TEST_F(InstanceTest, NothingIsWrittenThroughALinkInTheRunDirectorysPlace) {
  ASSERT_TRUE(instance_->Listen().ok());
  ASSERT_TRUE(instance_->Announce(record_, [](const std::string&) {}).ok());
  const std::string elsewhere = home_ + "/elsewhere";
  std::filesystem::create_directory(elsewhere);
  std::filesystem::rename(paths_.run, home_ + "/aside");
  std::filesystem::create_directory_symlink(elsewhere, paths_.run);
  EXPECT_TRUE(absl::IsPermissionDenied(instance_->Heal().status));
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
  std::filesystem::remove(paths_.run);
  std::filesystem::create_directory(paths_.run);
  chmod(paths_.run.c_str(), 0777);
  EXPECT_TRUE(absl::IsPermissionDenied(instance_->Heal().status));
  EXPECT_TRUE(std::filesystem::is_empty(paths_.run));
  chmod(paths_.run.c_str(), 0700);
  EXPECT_TRUE(instance_->Heal().status.ok());
  EXPECT_TRUE(Exists(paths_.pid_file));
}

TEST_F(InstanceTest, AStrangerWhoHoldsALostLockKeepsNobodyFromTheSocket) {
  ASSERT_TRUE(instance_->Listen().ok());
  ASSERT_TRUE(instance_->Announce(record_, [](const std::string&) {}).ok());
  std::filesystem::rename(paths_.run, home_ + "/aside");
  std::filesystem::create_directory(paths_.run);
  chmod(paths_.run.c_str(), 0700);
  {
    absl::StatusOr<base::FileLock> stranger = base::FileLock::TryAcquire(paths_.instance_lock);
    ASSERT_TRUE(stranger.ok()) << stranger.status();
    EXPECT_TRUE(absl::IsUnavailable(instance_->Heal().status));
    EXPECT_TRUE(Exists(paths_.run + "/holon.sock"));
    EXPECT_FALSE(Exists(paths_.daemon_record));
  }
  EXPECT_TRUE(instance_->Heal().status.ok());
  EXPECT_TRUE(Exists(paths_.daemon_record) && Exists(paths_.pid_file));
}

TEST_F(InstanceTest, AMovedHomeIsStillReached) {
  const std::string moved = home_ + "-moved";
  EXPECT_EQ(instance_->Here(paths_.audit_log), paths_.audit_log);
  std::filesystem::rename(home_, moved);
  EXPECT_TRUE(std::filesystem::equivalent(instance_->Here(paths_.run), moved + "/run"));
  std::filesystem::rename(moved, home_);
}

}  // namespace
}  // namespace holon::daemon
