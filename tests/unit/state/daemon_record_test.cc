// What a record must say to be believed.
#include "runtime/state/daemon_record.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <functional>
#include <string>

#include "runtime/base/file.h"
#include "runtime/state/failures.h"
#include "runtime/state/json_file.h"
#include "runtime/state/vanished.h"

namespace holon::state {
namespace {

class DaemonRecordTest : public testing::Test {
 protected:
  DaemonRecordTest() : folder_(Scratch()), path_(folder_ + "/daemon.json") {
    record_.mutable_identity()->set_pid(12);
    record_.mutable_identity()->set_start_time_ticks(34);
    record_.mutable_identity()->set_boot_id("boot");
    record_.mutable_identity()->set_pid_namespace(56);
    record_.set_instance_id("generation");
    record_.set_home_dir("/h");
  }
  ~DaemonRecordTest() override { std::filesystem::remove_all(folder_); }
  static std::string Scratch() {
    char name[] = "/tmp/holon-record-XXXXXX";
    return mkdtemp(name);
  }

  // Without the checks of the writer, which may be the same.
  absl::Status Read(const std::function<void(v1::DaemonRecord*)>& spoil) {
    v1::DaemonRecord record = record_;
    spoil(&record);
    EXPECT_TRUE(base::WriteFileAtomically(path_, ToJson(record)).ok());
    return ReadDaemonRecord(path_).status();
  }

  const std::string folder_;
  const std::string path_;
  v1::DaemonRecord record_;
};

TEST_F(DaemonRecordTest, AWholeOneIsTaken) {
  EXPECT_TRUE(Read([](v1::DaemonRecord*) {}).ok());
}

TEST_F(DaemonRecordTest, OneOfALaterFormatIsReadAndNotAccepted) {
  record_.set_format(kRecordFormat);
  EXPECT_TRUE(CheckFormat(record_).ok());
  record_.clear_format();
  EXPECT_TRUE(CheckFormat(record_).ok()) << "version 0.1.0";
  record_.set_format(kRecordFormat + 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckFormat(record_)));
  EXPECT_TRUE(Read([](v1::DaemonRecord*) {}).ok());
}

TEST_F(DaemonRecordTest, APidThatNamesNobodyIsRefused) {
  // kill(-1) is everybody, kill(0) the caller's own group.
  for (int64_t pid : {int64_t{0}, int64_t{-1}, int64_t{-12}}) {
    EXPECT_TRUE(absl::IsDataLoss(Read([pid](v1::DaemonRecord* record) {
      record->mutable_identity()->set_pid(pid);
    }))) << pid;
  }
}

TEST_F(DaemonRecordTest, WithoutAGenerationItIsRefused) {
  EXPECT_TRUE(
      absl::IsDataLoss(Read([](v1::DaemonRecord* record) { record->clear_instance_id(); })));
}

TEST_F(DaemonRecordTest, WithoutAnIdentityItIsRefused) {
  EXPECT_TRUE(absl::IsDataLoss(Read([](v1::DaemonRecord* record) { record->clear_identity(); })));
}

TEST_F(DaemonRecordTest, WhatTheWriterWritesTheReaderTakes) {
  // Where /proc/sys is hidden (ProcSubset=pid) nobody knows the boot.
  record_.mutable_identity()->clear_boot_id();
  if (!WriteDaemonRecord(path_, record_).ok()) return;  // One check for both is right, too.
  EXPECT_TRUE(ReadDaemonRecord(path_).ok()) << ReadDaemonRecord(path_).status();
}

TEST_F(DaemonRecordTest, WhatCannotBeReadIsNotDamaged) {
  const std::string failures = folder_ + "/failures.json";
  ASSERT_TRUE(RecordFailure(failures, v1::FailureRecord()).ok());
  ASSERT_TRUE(WriteDaemonRecord(path_, record_).ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status unread = ReadFailures(failures).status();
  const absl::Status unread_record = ReadDaemonRecord(path_).status();
  const absl::Status recorded = RecordFailure(failures, v1::FailureRecord());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  for (const absl::Status& status : {unread, unread_record, recorded}) {
    EXPECT_FALSE(status.ok() || absl::IsDataLoss(status) || absl::IsNotFound(status)) << status;
  }
  EXPECT_FALSE(std::filesystem::exists(failures + ".damaged"));
  EXPECT_EQ(ReadFailures(failures)->failures_size(), 1);
}

TEST(FailureHistoryTest, FailuresWithoutAGenerationAreNotOne) {
  v1::FailureRecord nameless;
  nameless.set_summary("first");
  v1::FailureHistory history = WithVanished(v1::FailureHistory(), nameless);
  nameless.set_summary("second");
  EXPECT_EQ(WithVanished(history, nameless).failures_size(), 2);
}

TEST(FailureHistoryTest, WhatHappenedAtTheMomentOfClearingIsCleared) {
  v1::FailureHistory history;
  MarkStable("stable", absl::FromUnixSeconds(20), &history);
  EXPECT_TRUE(IsCleared(history, "other", absl::FromUnixSeconds(19)));
  EXPECT_TRUE(IsCleared(history, "other", absl::FromUnixSeconds(20)));
  EXPECT_FALSE(IsCleared(history, "other", absl::FromUnixSeconds(20) + absl::Nanoseconds(1)));
  EXPECT_FALSE(IsCleared(history, "stable", absl::FromUnixSeconds(19)));
}

}  // namespace
}  // namespace holon::state
