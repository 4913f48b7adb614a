#ifndef HOLON_RUNTIME_PROBE_EXPLANATION_H_
#define HOLON_RUNTIME_PROBE_EXPLANATION_H_

#include <string>

#include "runtime/probe/verdict.h"

namespace holon::probe {

// What a sentence about a verdict names. Empty: not known.
struct Circumstances {
  Observation seen;
  std::string socket_path;
  std::string process;           // "pid 12": the runtime, proven.
  std::string peer;              // "pid 12 (nginx)": at the other end of the socket.
  bool peer_is_process = false;  // Both are one process.
  unsigned peer_uid = 0;
  std::string answered_home;      // Of Handshake::kOtherHome.
  std::string answered_contract;  // Of an answer of another contract.
  std::string recorded;           // "pid 12 is dead": what became of the process on record.
  std::string copied_from;        // The home that the record is of, where that is another one.
  std::string taker;              // Who holds the lock without being a runtime.
};

// What is wrong and what was found, in a sentence; empty where nothing is wrong. Pure.
std::string Explain(Verdict verdict, const Circumstances& found);

}  // namespace holon::probe

#endif  // HOLON_RUNTIME_PROBE_EXPLANATION_H_
