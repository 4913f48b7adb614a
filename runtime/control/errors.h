#ifndef HOLON_RUNTIME_CONTROL_ERRORS_H_
#define HOLON_RUNTIME_CONTROL_ERRORS_H_

#include <map>
#include <string>

#include "grpcpp/support/status.h"

namespace holon::control {

// Reasons that clients branch on: see runtime_control.proto.
inline constexpr char kGenerationMismatch[] = "GENERATION_MISMATCH";
inline constexpr char kDraining[] = "DRAINING";
inline constexpr char kInvalidArgument[] = "INVALID_ARGUMENT";
inline constexpr char kInvalidConfig[] = "INVALID_CONFIG";
inline constexpr char kStarting[] = "STARTING";
inline constexpr char kTooManyCalls[] = "TOO_MANY_CALLS";
inline constexpr char kUnauthenticated[] = "UNAUTHENTICATED";

// A gRPC error whose details carry a google.rpc.ErrorInfo of domain "holon".
grpc::Status Error(grpc::StatusCode code, const std::string& reason, const std::string& message,
                   const std::map<std::string, std::string>& metadata = {});
// Of a call that the end of the runtime leaves without an answer: UNAVAILABLE, reason DRAINING.
grpc::Status EndingError();

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_ERRORS_H_
