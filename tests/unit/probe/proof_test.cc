#include "runtime/probe/proof.h"

#include <gtest/gtest.h>

#include <vector>

namespace holon::probe {
namespace {

using Source = std::optional<base::ProcessIdentity>;

Source Process(pid_t pid, uint64_t start = 100) {
  return base::ProcessIdentity{pid, start, "boot", 1};
}

struct Row {
  const char* what;
  Sources sources;
  pid_t proven;  // 0: nobody.
};

std::vector<Row> Table() {
  const Source none;
  const Source a = Process(7);
  const Source b = Process(8);
  const Source reused = Process(7, 101);
  const Source answer = base::ProcessIdentity{7, 0, "", 0};
  const Source told = base::ProcessIdentity{7, 100, "", 0};  // With the start time of its record.
  return {
      // lock, handshake, peer, record
      {"nothing", {none, none, none, none}, 0},
      {"lock alone", {a, none, none, none}, 0},
      {"handshake alone", {none, a, none, none}, 0},
      {"peer alone", {none, none, a, none}, 0},
      {"record alone", {none, none, none, a}, 0},
      {"peer and record: neither lock nor handshake", {none, none, a, a}, 0},
      {"lock and handshake", {a, told, none, none}, 7},
      {"lock and an answer that names its pid", {a, answer, none, none}, 7},
      {"lock and peer", {a, none, a, none}, 7},
      {"lock and record", {a, none, none, a}, 7},
      {"handshake and record", {none, told, none, a}, 7},
      {"all four", {a, told, a, a}, 7},
      {"the answer names the pid of a process that once listened", {none, answer, a, none}, 0},
      {"the answer names a pid that the record of another generation names",
       {none, answer, none, a},
       0},
      {"lock and record, another peer", {a, none, b, a}, 7},
      {"handshake and record, another peer", {none, told, b, a}, 7},
      {"lock, another peer and record", {a, none, b, b}, 0},
      {"lock against handshake", {a, b, b, a}, 0},
      {"lock and record, handshake of another", {a, b, none, a}, 0},
      {"the same pid, another start time", {a, none, none, reused}, 0},
      {"handshake of a reused pid", {none, reused, none, a}, 0},
      {"nothing has a start time", {none, answer, none, answer}, 0},
  };
}

TEST(ProofTest, TakesTwoSourcesOfWhichOneIsLockOrHandshake) {
  const Source none;
  for (const Row& row : Table()) {
    SCOPED_TRACE(row.what);
    const Proof proof = ProveRuntime(row.sources);
    EXPECT_EQ(proof.process.has_value() ? proof.process->pid : 0, row.proven);
    EXPECT_EQ(proof.missing.empty(), row.proven != 0);
    // With boot and namespace, which are checked when it is opened.
    EXPECT_EQ(proof.process, row.proven == 0 ? none : Process(7));
  }
}

TEST(ProofTest, SaysWhatIsMissing) {
  const Proof proof = ProveRuntime({Process(7), std::nullopt, Process(8), std::nullopt});
  EXPECT_NE(proof.missing.find("the lock names pid 7"), std::string::npos) << proof.missing;
  EXPECT_NE(proof.missing.find("the socket names pid 8"), std::string::npos) << proof.missing;
  EXPECT_NE(proof.missing.find("the record names no process"), std::string::npos);
}

}  // namespace
}  // namespace holon::probe
