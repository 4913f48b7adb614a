#include "runtime/probe/handshake.h"

#include <gtest/gtest.h>

#include <vector>

namespace holon::probe {
namespace {

using grpc::Status;
using grpc::StatusCode;

struct Row {
  const char* what;
  Status status;
  const char* contract;
  bool this_home;
  Handshake handshake;
};

TEST(HandshakeTest, IsJudgedByStatusContractAndHome) {
  const std::vector<Row> rows = {
      {"ours", Status::OK, "1.0", true, Handshake::kOurs},
      {"ours, a newer minor", Status::OK, "1.7", true, Handshake::kOurs},
      {"another home", Status::OK, "1.0", false, Handshake::kOtherHome},
      {"another major", Status::OK, "2.0", true, Handshake::kIncompatible},
      {"another major of another home", Status::OK, "2.0", false, Handshake::kIncompatible},
      {"no contract", Status::OK, "", true, Handshake::kIncompatible},
      {"no answer", Status(StatusCode::DEADLINE_EXCEEDED, ""), "", false, Handshake::kSilent},
      {"hung up", Status(StatusCode::UNAVAILABLE, "Socket closed"), "", false,
       Handshake::kNotHolon},
      {"not HTTP/2", Status(StatusCode::INTERNAL, "Trying to connect an http1.x server"), "", false,
       Handshake::kNotHolon},
      {"no such service", Status(StatusCode::UNIMPLEMENTED, ""), "", false, Handshake::kNotHolon},
      {"an answer without a message",
       Status(StatusCode::UNIMPLEMENTED, "No message returned for unary request"), "", false,
       Handshake::kIncompatible},
      {"an answer that is none of ours",
       Status(StatusCode::INTERNAL, "Failed to deserialize a message"), "", false,
       Handshake::kIncompatible},
      {"refused", Status(StatusCode::UNAUTHENTICATED, ""), "", false, Handshake::kNotHolon},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    v1::RuntimeStatusResponse answer;
    answer.set_contract_version(row.contract);
    EXPECT_EQ(JudgeAnswer(row.status, answer, row.this_home), row.handshake);
  }
}

base::FileInfo Directory(uint64_t device, uint64_t inode) {
  base::FileInfo info;
  info.type = base::FileType::kDirectory;
  info.device = device;
  info.inode = inode;
  return info;
}

TEST(HandshakeTest, ADirectoryIsKnownByDeviceAndInodeAndElseByItsPath) {
  struct Home {
    const char* what;
    const char* path;
    uint64_t device;
    uint64_t inode;
    base::FileInfo home;
    bool same;
  };
  const std::vector<Home> rows = {
      {"the directory itself", "/home", 1, 2, Directory(1, 2), true},
      {"under another name", "/elsewhere", 1, 2, Directory(1, 2), true},
      {"the same path, another directory", "/home", 1, 3, Directory(1, 2), false},
      {"the same inode of another device", "/home", 9, 2, Directory(1, 2), false},
      {"an answer that names the path only", "/home", 0, 0, Directory(1, 2), true},
      {"another path only", "/elsewhere", 0, 0, Directory(1, 2), false},
      {"no directory here to compare with", "/home", 1, 2, base::FileInfo(), true},
  };
  for (const Home& row : rows) {
    SCOPED_TRACE(row.what);
    v1::RuntimeStatusResponse answer;
    answer.set_home_dir(row.path);
    answer.set_home_device(row.device);
    answer.set_home_inode(row.inode);
    EXPECT_EQ(IsOfHome(answer, row.home, "/home"), row.same);
  }
}

}  // namespace
}  // namespace holon::probe
