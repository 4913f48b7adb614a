#include "runtime/probe/explanation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holon::probe {
namespace {

using base::ConnectOutcome;

Circumstances Found(Handshake handshake, ConnectOutcome socket = ConnectOutcome::kConnected) {
  Circumstances found;
  found.seen.handshake = handshake;
  found.seen.socket = socket;
  found.socket_path = "/s";
  found.process = "pid 1";
  found.peer = "pid 2 (nginx)";
  found.peer_uid = 33;
  found.answered_home = "/other";
  return found;
}

TEST(ExplanationTest, SaysWhatIsWrongAndWhatWasFound) {
  Circumstances itself = Found(Handshake::kNotHolon);
  itself.peer_is_process = true;
  Circumstances contract = Found(Handshake::kIncompatible);
  contract.answered_contract = "2.0";
  Circumstances dead = Found(Handshake::kNone, ConnectOutcome::kAbsent);
  dead.recorded = "pid 7 is dead";
  Circumstances copied = dead;
  copied.recorded = "pid 7 lives";
  copied.copied_from = "/original";
  Circumstances taken = dead;
  taken.taker = "pid 9 (cp) holds the lock";
  struct Row {
    Verdict verdict;
    Circumstances found;
    const char* words;
  };
  const std::vector<Row> rows = {
      {Verdict::kUnresponsive, Found(Handshake::kSilent), "(pid 1) lives, but did not answer"},
      {Verdict::kUnresponsive, Found(Handshake::kOtherHome),
       "but a Holon of the home /other (pid 2 (nginx)) answers on /s"},
      {Verdict::kUnresponsive, Found(Handshake::kStranger),
       "pid 2 (nginx) of uid 33 listens on /s"},
      {Verdict::kUnresponsive, Found(Handshake::kNotHolon),
       "something that is not Holon (pid 2 (nginx)) answers on /s"},
      {Verdict::kUnresponsive, itself, "no descriptors"},
      {Verdict::kUnresponsive, Found(Handshake::kNone, ConnectOutcome::kAbsent), "is missing"},
      {Verdict::kUnresponsive, Found(Handshake::kNone, ConnectOutcome::kBusy),
       "takes no connections"},
      {Verdict::kIncompatible, contract, "with contract 2.0"},
      {Verdict::kIncompatible, Found(Handshake::kIncompatible),
       "the answer on /s (pid 2 (nginx)) cannot be decoded"},
      {Verdict::kForeign, Found(Handshake::kStranger), "neither root nor the owner"},
      {Verdict::kForeign, Found(Handshake::kOtherHome), "belongs to a Holon of another home"},
      {Verdict::kForeign, Found(Handshake::kNone, ConnectOutcome::kNotSocket), "is not a socket"},
      {Verdict::kForeign, Found(Handshake::kSilent), "not Holon (pid 2 (nginx)) listens"},
      {Verdict::kStale, dead, "(pid 7 is dead) left files"},
      {Verdict::kStale, copied, "no runtime lives here, and the record is that of another home"},
      {Verdict::kStale, copied, "/original (pid 7 lives)"},
      {Verdict::kStale, taken, "; pid 9 (cp) holds the lock"},
      {Verdict::kStopped, taken, "pid 9 (cp) holds the lock"},
  };
  for (const Row& row : rows) {
    const std::string said = Explain(row.verdict, row.found);
    EXPECT_NE(said.find(row.words), std::string::npos) << said;
  }
}

TEST(ExplanationTest, SaysNothingWhereNothingIsWrong) {
  for (Verdict verdict :
       {Verdict::kRunning, Verdict::kStarting, Verdict::kStopping, Verdict::kStopped}) {
    EXPECT_EQ(Explain(verdict, Found(Handshake::kOurs)), "");
  }
}

}  // namespace
}  // namespace holon::probe
