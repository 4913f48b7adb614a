#include "runtime/state/audit_log.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/file.h"
#include "runtime/state/json_file.h"
#include "runtime/state/log_line.h"

namespace holon::state {
namespace {

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() {
    char name[] = "/tmp/holon-audit-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/audit.log";
  }
  ~AuditLogTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
  std::string path_;
};

TEST_F(AuditLogTest, HasAnObjectALine) {
  v1::AuditEntry entry;
  entry.set_action("stop");
  entry.set_reason("a\nb");
  ASSERT_TRUE(AppendAudit(path_, entry).ok());
  ASSERT_TRUE(AppendAudit(path_, entry).ok());
  const std::string line = "{\"action\":\"stop\",\"reason\":\"a\\nb\"}\n";
  EXPECT_EQ(*base::ReadFile(path_, 1000), line + line);
  EXPECT_EQ(base::Look(path_)->mode, 0600u);
}

TEST_F(AuditLogTest, BeginsANewFileWhenOneIsFull) {
  ASSERT_TRUE(base::AppendLine(path_, std::string(kMaxAuditBytes - 2, 'x')).ok());
  v1::AuditEntry entry;
  entry.set_action("start");
  ASSERT_TRUE(AppendAudit(path_, entry).ok());
  EXPECT_FALSE(std::filesystem::exists(path_ + ".1"));
  ASSERT_TRUE(AppendAudit(path_, entry).ok());
  EXPECT_TRUE(std::filesystem::exists(path_ + ".1"));
  EXPECT_EQ(*base::ReadFile(path_, 1000), "{\"action\":\"start\"}\n");
}

TEST_F(AuditLogTest, HalfALineOfAFullDiskSpoilsNoOther) {
  ASSERT_TRUE(base::WriteFileAtomically(path_, "{\"action\":\"start\"}\n{\"acti").ok());
  v1::AuditEntry entry;
  entry.set_action("stop");
  ASSERT_TRUE(AppendAudit(path_, entry).ok());
  EXPECT_EQ(*base::ReadFile(path_, 1000),
            "{\"action\":\"start\"}\n{\"acti\n{\"action\":\"stop\"}\n");
}

TEST_F(AuditLogTest, WhatIsWrittenCanBeReadWhole) {
  v1::AuditEntry entry;
  entry.set_reason(std::string(100000, '\x01'));
  entry.set_caller("\xff not UTF-8");
  ASSERT_TRUE(AppendAudit(path_, entry).ok());
  const std::string line = *base::ReadFile(path_, 1 << 20);
  EXPECT_LE(line.size(), kMaxLineBytes);
  v1::AuditEntry read;
  EXPECT_TRUE(ReadJsonFile(path_, &read).ok());
}

TEST_F(AuditLogTest, SeveralWritersBeginOneNewFile) {
  v1::AuditEntry entry;
  entry.set_action("stop");
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(base::WriteFileAtomically(path_, std::string(kMaxAuditBytes, 'x')).ok());
    std::vector<std::thread> writers;
    for (int number = 0; number < 4; ++number) {
      writers.emplace_back([&] { EXPECT_TRUE(AppendAudit(path_, entry).ok()); });
    }
    for (std::thread& writer : writers) writer.join();
    ASSERT_EQ(std::filesystem::file_size(path_ + ".1"), static_cast<size_t>(kMaxAuditBytes));
    ASSERT_EQ(*base::ReadFile(path_, 1000),
              "{\"action\":\"stop\"}\n{\"action\":\"stop\"}\n{\"action\":\"stop\"}\n"
              "{\"action\":\"stop\"}\n");
  }
}

}  // namespace
}  // namespace holon::state
