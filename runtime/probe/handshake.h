#ifndef HOLON_RUNTIME_PROBE_HANDSHAKE_H_
#define HOLON_RUNTIME_PROBE_HANDSHAKE_H_

#include "grpcpp/support/status.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/probe/verdict.h"

namespace holon::probe {

// What the outcome of a RuntimeStatus call says of the listener. `this_home`: the answer is of a
// runtime of the home that is looked at. Pure.
Handshake JudgeAnswer(const grpc::Status& status, const v1::RuntimeStatusResponse& answer,
                      bool this_home);

}  // namespace holon::probe

#endif  // HOLON_RUNTIME_PROBE_HANDSHAKE_H_
