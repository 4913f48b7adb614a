// What is on disk: the daemon's record, failures, leftovers, and the home itself.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "runtime/base/file.h"
#include "runtime/base/temporary_file.h"
#include "runtime/base/unix_socket.h"
#include "runtime/state/daemon_record.h"
#include "runtime/state/failures.h"
#include "runtime/state/home.h"
#include "runtime/state/json_file.h"
#include "runtime/state/stale_files.h"

namespace holon::state {
namespace {

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() : root_(MakeRoot()), paths_(root_ + "/home") { EXPECT_TRUE(MakeHome(paths_).ok()); }
  ~RecordsTest() override { EXPECT_EQ(system(("rm -rf " + root_).c_str()), 0); }

  static std::string MakeRoot() {
    char name[] = "/tmp/holon-state-XXXXXX";
    return mkdtemp(name);
  }

  const std::string root_;
  const HomePaths paths_;
};

v1::DaemonRecord Record() {
  v1::DaemonRecord record;
  record.mutable_identity()->set_pid(12);
  record.mutable_identity()->set_start_time_ticks(18446744073709551615u);
  record.mutable_identity()->set_boot_id("boot");
  record.set_instance_id("generation");
  record.set_socket_path("/s");
  return record;
}

TEST_F(RecordsTest, RecordComesBackAsItWasWritten) {
  ASSERT_TRUE(WriteDaemonRecord(paths_.daemon_record, Record()).ok());
  absl::StatusOr<v1::DaemonRecord> read = ReadDaemonRecord(paths_.daemon_record);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), Record().SerializeAsString());
  EXPECT_EQ(base::Look(paths_.daemon_record)->mode, 0600u);
}

TEST_F(RecordsTest, DamagedRecordIsNamedAndMissingOneIsNot) {
  EXPECT_TRUE(absl::IsNotFound(ReadDaemonRecord(paths_.daemon_record).status()));
  for (const std::string text : {"", "{", "[]", "{}", "{\"identity\":{\"pid\":7}}", "\xff\xfe"}) {
    SCOPED_TRACE(text);
    ASSERT_TRUE(base::WriteFileAtomically(paths_.daemon_record, text).ok());
    absl::Status status = ReadDaemonRecord(paths_.daemon_record).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_NE(std::string(status.message()).find("daemon.json"), std::string::npos);
  }
}

TEST_F(RecordsTest, RecordOfANewerVersionIsRead) {
  std::string text = ToJson(Record());
  text.insert(text.find('{') + 1, "\"from_the_future\": {\"a\": [1]},");
  ASSERT_TRUE(base::WriteFileAtomically(paths_.daemon_record, text).ok());
  EXPECT_TRUE(ReadDaemonRecord(paths_.daemon_record).ok());
}

TEST_F(RecordsTest, WithheldSecretsLeaveNoTrace) {
  std::vector<holon::v1::ConfigOverride> overrides(1);
  overrides[0].set_path("control_token");
  overrides[0].set_value("hunter2");
  overrides[0].set_secret_withheld(true);
  v1::DaemonRecord record = Record();
  SetOverrides(overrides, &record);
  EXPECT_EQ(ToJson(record).find("hunter2"), std::string::npos);
  EXPECT_TRUE(OverridesFrom(record)[0].secret_withheld());
}

v1::FailureRecord FailureAt(int second, const std::string& instance) {
  v1::FailureRecord failure;
  failure.mutable_occurred_at()->set_seconds(second);
  failure.set_instance_id(instance);
  failure.set_summary(instance);
  return failure;
}

TEST(FailuresTest, AreBounded) {
  v1::FailureHistory history;
  for (int i = 0; i < kMaxFailures + 5; ++i) AddFailure(FailureAt(i, "g"), &history);
  EXPECT_EQ(history.failures_size(), kMaxFailures);
  EXPECT_EQ(history.failures(0).occurred_at().seconds(), 5);
}

TEST(FailuresTest, AreNewsUntilALaterGenerationIsStable) {
  v1::FailureHistory history;
  EXPECT_FALSE(LatestFailure(history).has_value());
  AddFailure(FailureAt(10, "first"), &history);
  EXPECT_EQ(LatestFailure(history)->instance_id(), "first");
  MarkStable("second", absl::FromUnixSeconds(20), &history);
  EXPECT_FALSE(LatestFailure(history).has_value());
  EXPECT_EQ(history.failures_size(), 1) << "history stays";
  AddFailure(FailureAt(30, "second"), &history);
  EXPECT_EQ(LatestFailure(history)->instance_id(), "second");
}

TEST(FailuresTest, OfTheStableGenerationCountWhateverTheClockSays) {
  v1::FailureHistory history;
  MarkStable("it", absl::FromUnixSeconds(1000), &history);
  AddFailure(FailureAt(10, "it"), &history);  // The clock was set back.
  EXPECT_TRUE(LatestFailure(history).has_value());
}

TEST_F(RecordsTest, DamagedHistoryIsSetAside) {
  ASSERT_TRUE(base::WriteFileAtomically(paths_.failures, "{").ok());
  ASSERT_TRUE(RecordFailure(paths_.failures, FailureAt(1, "g")).ok());
  EXPECT_EQ(ReadFailures(paths_.failures)->failures_size(), 1);
  EXPECT_EQ(*base::ReadFile(paths_.failures + ".damaged", 10), "{");
}

TEST_F(RecordsTest, LeftoversAreDeadSocketsPidFileAndRecord) {
  absl::StatusOr<InstanceLock> lock = InstanceLock::TryAcquire(paths_);
  const std::string& socket = paths_.default_socket;
  EXPECT_TRUE(LeftoverFiles(paths_, socket).empty());
  {
    absl::StatusOr<base::UniqueFd> listener = base::ListenAt(socket);
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_TRUE(LeftoverFiles(paths_, socket).empty()) << "somebody listens";
  }
  ASSERT_TRUE(base::WriteFileAtomically(paths_.pid_file, "12\n").ok());
  EXPECT_EQ(LeftoverFiles(paths_, socket), (std::vector<std::string>{socket, paths_.pid_file}));
  std::vector<std::string> removed;
  EXPECT_TRUE(RemoveLeftovers(*lock, paths_, socket, Vanished::kKnown, &removed).ok());
  EXPECT_EQ(removed.size(), 2u);
  EXPECT_TRUE(LeftoverFiles(paths_, socket).empty());
}

TEST_F(RecordsTest, CleaningRemovesWhatAKilledWriterLeft) {
  absl::StatusOr<InstanceLock> lock = InstanceLock::TryAcquire(paths_);
  const std::vector<std::string> left = {base::TemporaryName(paths_.pid_file),
                                         base::TemporaryName(paths_.run + "/"),
                                         base::TemporaryName(paths_.notify_socket)};
  for (const std::string& path : left) ASSERT_TRUE(base::AppendLine(path, "").ok());
  std::vector<std::string> removed;
  EXPECT_TRUE(
      RemoveLeftovers(*lock, paths_, paths_.default_socket, Vanished::kKnown, &removed).ok());
  for (const std::string& path : left) {
    EXPECT_EQ(base::Look(path)->type, base::FileType::kAbsent) << path;
  }
}

TEST_F(RecordsTest, AFileInTheSocketsPlaceIsNobodysLeftover) {
  absl::StatusOr<InstanceLock> lock = InstanceLock::TryAcquire(paths_);
  ASSERT_TRUE(base::WriteFileAtomically(paths_.default_socket, "precious").ok());
  std::vector<std::string> removed;
  EXPECT_TRUE(
      RemoveLeftovers(*lock, paths_, paths_.default_socket, Vanished::kKnown, &removed).ok());
  EXPECT_EQ(*base::ReadFile(paths_.default_socket, 10), "precious");
}

TEST_F(RecordsTest, HomeMustBeOursAndClosed) {
  EXPECT_TRUE(CheckHome(paths_, HomeUse::kChange).ok());
  EXPECT_TRUE(CheckHome(HomePaths(root_ + "/absent"), HomeUse::kChange).ok());
  EXPECT_EQ(base::Look(paths_.home)->mode, 0700u);
  EXPECT_EQ(base::Look(paths_.run)->mode, 0700u);
  chmod(paths_.run.c_str(), 0777);
  absl::Status open = CheckHome(paths_, HomeUse::kChange);
  EXPECT_TRUE(absl::IsPermissionDenied(open));
  EXPECT_NE(std::string(open.message()).find("chmod 700"), std::string::npos);
  chmod(paths_.run.c_str(), 0700);
  ASSERT_EQ(rename(paths_.run.c_str(), (root_ + "/elsewhere").c_str()), 0);
  ASSERT_EQ(symlink((root_ + "/elsewhere").c_str(), paths_.run.c_str()), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(CheckHome(paths_, HomeUse::kChange)))
      << "no symbolic link in between";
}

}  // namespace
}  // namespace holon::state
