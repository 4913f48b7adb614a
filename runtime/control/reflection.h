#ifndef HOLON_RUNTIME_CONTROL_REFLECTION_H_
#define HOLON_RUNTIME_CONTROL_REFLECTION_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "grpc/reflection/v1/reflection.pb.h"

namespace holon::control {

// The answer to one question of server reflection. Pure.
grpc::reflection::v1::ServerReflectionResponse Reflect(
    const grpc::reflection::v1::ServerReflectionRequest& request,
    const std::vector<std::string>& services, const google::protobuf::DescriptorPool& pool);

}  // namespace holon::control

#endif  // HOLON_RUNTIME_CONTROL_REFLECTION_H_
