#ifndef HOLON_RUNTIME_PROBE_HANDSHAKE_H_
#define HOLON_RUNTIME_PROBE_HANDSHAKE_H_

#include <string>

#include "grpcpp/support/status.h"
#include "holon/v1/runtime_control.pb.h"
#include "runtime/base/file.h"
#include "runtime/probe/verdict.h"

namespace holon::probe {

// Whether an answer is of a runtime of the directory `home`, which stands at `path` (kAbsent:
// nothing does): by its device and inode where the answer names them, else by its path.
bool IsOfHome(const v1::RuntimeStatusResponse& answer, const base::FileInfo& home,
              const std::string& path);

// What the outcome of a RuntimeStatus call says of the listener. `this_home`: the answer is of a
// runtime of the home that is looked at. Pure.
Handshake JudgeAnswer(const grpc::Status& status, const v1::RuntimeStatusResponse& answer,
                      bool this_home);

}  // namespace holon::probe

#endif  // HOLON_RUNTIME_PROBE_HANDSHAKE_H_
