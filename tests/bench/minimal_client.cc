// The smallest client that asks a runtime for its status and prints a line: what holonctl is
// measured against.
//   minimal_client SOCKET
#include <chrono>
#include <cstdio>
#include <string>

#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "holon/v1/runtime_control.grpc.pb.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto channel = grpc::CreateCustomChannel(std::string("unix:") + argv[1],
                                           grpc::InsecureChannelCredentials(), arguments);
  auto stub = holon::v1::RuntimeControl::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  holon::v1::RuntimeStatusResponse response;
  grpc::Status status = stub->RuntimeStatus(&context, holon::v1::RuntimeStatusRequest(), &response);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.error_message().c_str());
    return 1;
  }
  std::printf("%d %s\n", response.pid(), response.instance_id().c_str());
  return 0;
}
