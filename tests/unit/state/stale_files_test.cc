// What a runtime that was killed leaves, listed and removed.
#include "runtime/state/stale_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/base/unique_fd.h"
#include "runtime/state/instance_lock.h"

namespace holon::state {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(StaleFilesTest, ARecordThatWasNeverFinishedIsALeftover) {
  char directory[] = "/tmp/stale_files_testXXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const HomePaths paths{std::string(directory)};
  std::filesystem::create_directory(paths.run);
  const std::string socket = paths.run + "/holon.sock";
  const std::string unfinished = paths.daemon_record + ".1a2b3c4d.tmp";
  std::ofstream(unfinished) << "{";
  {
    base::UniqueFd writer(open(unfinished.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(flock(writer.get(), LOCK_EX), 0);
    EXPECT_THAT(LeftoverFiles(paths, socket), IsEmpty());
  }
  EXPECT_THAT(LeftoverFiles(paths, socket), ElementsAre(unfinished));

  absl::StatusOr<InstanceLock> lock = InstanceLock::TryAcquire(paths);
  ASSERT_TRUE(lock.ok()) << lock.status();
  std::vector<std::string> removed;
  EXPECT_TRUE(RemoveLeftovers(*lock, paths, socket, Vanished::kRecord, &removed).ok());
  EXPECT_THAT(removed, ElementsAre(unfinished));
  EXPECT_FALSE(std::filesystem::exists(unfinished));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace holon::state
