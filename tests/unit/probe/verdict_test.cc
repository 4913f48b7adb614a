#include "runtime/probe/verdict.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holon::probe {
namespace {

using base::ConnectOutcome;

// What a row of the table sees, and what it says.
struct Row {
  const char* what;
  Observation seen;
  Verdict verdict;
  int exit_code;
};

Observation Ours(bool lock_held, v1::Phase phase) {
  return {.lock_held = lock_held,
          .socket = ConnectOutcome::kConnected,
          .handshake = Handshake::kOurs,
          .phase = phase};
}

Observation Seen(bool lock_held, ConnectOutcome socket, Handshake handshake = Handshake::kNone) {
  return {.lock_held = lock_held, .socket = socket, .handshake = handshake};
}

std::vector<Row> Table() {
  using C = ConnectOutcome;
  using H = Handshake;
  Observation silent_recorded = Seen(false, C::kConnected, H::kSilent);
  silent_recorded.peer_is_recorded = true;
  Observation garbage_recorded = Seen(false, C::kConnected, H::kNotHolon);
  garbage_recorded.peer_is_recorded = true;
  Observation denied_left = Seen(false, C::kDenied);
  denied_left.leftovers = true;
  Observation absent_left = Seen(false, C::kAbsent);
  absent_left.leftovers = true;
  Observation refused_left = Seen(false, C::kRefused);
  refused_left.leftovers = true;
  Observation handed = Seen(false, C::kConnected, H::kSilent);
  handed.peer_is_service_manager = true;
  Observation handed_left = handed;
  handed_left.leftovers = true;
  Observation handed_held = handed;
  handed_held.lock_held = true;
  Observation handed_garbage = handed;
  handed_garbage.handshake = H::kNotHolon;
  return {
      {"free, systemd waits at the socket", handed, Verdict::kStopped, 3},
      {"free, systemd waits, files left", handed_left, Verdict::kStale, 1},
      {"held, systemd waits at the socket", handed_held, Verdict::kUnresponsive, 4},
      {"free, systemd answers nonsense", handed_garbage, Verdict::kForeign, 4},
      {"held, ours, ready", Ours(true, v1::PHASE_READY), Verdict::kRunning, 0},
      {"held, ours, starting", Ours(true, v1::PHASE_STARTING), Verdict::kStarting, 0},
      {"held, ours, draining", Ours(true, v1::PHASE_DRAINING), Verdict::kStopping, 0},
      {"held, ours, unheard-of phase", Ours(true, v1::PHASE_UNSPECIFIED), Verdict::kIncompatible,
       4},
      {"held, silent", Seen(true, C::kConnected, H::kSilent), Verdict::kUnresponsive, 4},
      {"held, refused", Seen(true, C::kRefused), Verdict::kUnresponsive, 4},
      {"held, missing", Seen(true, C::kAbsent), Verdict::kUnresponsive, 4},
      {"held, no socket", Seen(true, C::kNotSocket), Verdict::kUnresponsive, 4},
      {"held, backlog full", Seen(true, C::kBusy), Verdict::kUnresponsive, 4},
      {"held, another home", Seen(true, C::kConnected, H::kOtherHome), Verdict::kUnresponsive, 4},
      {"held, not Holon", Seen(true, C::kConnected, H::kNotHolon), Verdict::kUnresponsive, 4},
      {"held, other contract", Seen(true, C::kConnected, H::kIncompatible), Verdict::kIncompatible,
       4},
      {"free, other contract", Seen(false, C::kConnected, H::kIncompatible), Verdict::kIncompatible,
       4},
      {"free, ours, ready", Ours(false, v1::PHASE_READY), Verdict::kRunning, 0},
      {"free, ours, draining", Ours(false, v1::PHASE_DRAINING), Verdict::kStopping, 0},
      {"free, silent, recorded identity is the peer", silent_recorded, Verdict::kUnresponsive, 4},
      {"free, silent", Seen(false, C::kConnected, H::kSilent), Verdict::kForeign, 4},
      {"free, not Holon", Seen(false, C::kConnected, H::kNotHolon), Verdict::kForeign, 4},
      {"free, another home", Seen(false, C::kConnected, H::kOtherHome), Verdict::kForeign, 4},
      {"free, backlog full", Seen(false, C::kBusy), Verdict::kForeign, 4},
      {"free, no socket", Seen(false, C::kNotSocket), Verdict::kForeign, 4},
      {"free, denied", Seen(false, C::kDenied), Verdict::kForeign, 4},
      {"free, failed", Seen(false, C::kFailed), Verdict::kForeign, 4},
      {"free, denied, files left", denied_left, Verdict::kForeign, 4},
      {"free, not Holon, from the recorded process", garbage_recorded, Verdict::kForeign, 4},
      {"held, denied", Seen(true, C::kDenied), Verdict::kUnresponsive, 4},
      {"free, absent, files left", absent_left, Verdict::kStale, 1},
      {"free, refused, files left", refused_left, Verdict::kStale, 1},
      {"free, absent, nothing left", Seen(false, C::kAbsent), Verdict::kStopped, 3},
      {"free, another user listens", Seen(false, C::kConnected, H::kStranger), Verdict::kForeign,
       4},
      {"held, another user listens", Seen(true, C::kConnected, H::kStranger),
       Verdict::kUnresponsive, 4},
  };
}

TEST(VerdictTest, FollowsTheTableRowByRow) {
  for (const Row& row : Table()) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(VerdictName(Judge(row.seen)), VerdictName(row.verdict));
    EXPECT_EQ(static_cast<int>(StatusExitCode(row.verdict)), row.exit_code);
  }
}

TEST(VerdictTest, WhatIsDeadIsKnownToBe) {
  for (int number = 0; number <= static_cast<int>(Verdict::kStopped); ++number) {
    const auto verdict = static_cast<Verdict>(number);
    EXPECT_EQ(IsDead(verdict), verdict == Verdict::kStale || verdict == Verdict::kStopped);
    EXPECT_FALSE(IsDead(verdict) && IsLive(verdict));
  }
}

TEST(VerdictTest, LivesAndAnswersAreDifferentThings) {
  EXPECT_TRUE(IsLive(Verdict::kUnresponsive));
  EXPECT_FALSE(Answers(Verdict::kUnresponsive));
  for (Verdict verdict : {Verdict::kRunning, Verdict::kStarting, Verdict::kStopping}) {
    EXPECT_TRUE(IsLive(verdict) && Answers(verdict));
  }
  for (Verdict verdict :
       {Verdict::kForeign, Verdict::kIncompatible, Verdict::kStale, Verdict::kStopped}) {
    EXPECT_FALSE(IsLive(verdict) || Answers(verdict));
  }
}

}  // namespace
}  // namespace holon::probe
