// Calls over channels that are warm: RuntimeStatus, Readiness and a health check of a runtime, and
// an empty call of empty_server, in turn, so that whatever disturbs the machine disturbs all of
// them. Prints JSON: microseconds.
//   warm_calls RUNTIME_SOCKET EMPTY_SOCKET CALLS
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "holon/v1/runtime_control.grpc.pb.h"

namespace {

using grpc::health::v1::Health;
using holon::v1::RuntimeControl;

std::shared_ptr<grpc::Channel> Connect(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

grpc::Status CallStatus(RuntimeControl::Stub& stub) {
  grpc::ClientContext context;
  holon::v1::RuntimeStatusResponse response;
  return stub.RuntimeStatus(&context, holon::v1::RuntimeStatusRequest(), &response);
}

grpc::Status CallReadiness(RuntimeControl::Stub& stub) {
  grpc::ClientContext context;
  holon::v1::ReadinessResponse response;
  return stub.Readiness(&context, holon::v1::ReadinessRequest(), &response);
}

grpc::Status CallHealth(Health::Stub& stub) {
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  return stub.Check(&context, grpc::health::v1::HealthCheckRequest(), &response);
}

struct Series {
  std::string name;
  std::function<grpc::Status()> call;
  std::vector<double> micros;
};

double Quantile(std::vector<double> values, double quantile) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(quantile * static_cast<double>(values.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::shared_ptr<grpc::Channel> channel = Connect(argv[1]);
  auto runtime = RuntimeControl::NewStub(channel);
  auto health = Health::NewStub(channel);
  auto empty = RuntimeControl::NewStub(Connect(argv[2]));
  const int calls = std::atoi(argv[3]);
  const int warm_up = calls / 10;
  std::vector<Series> all;
  all.push_back({"empty_call", [&] { return CallReadiness(*empty); }, {}});
  all.push_back({"runtime_status", [&] { return CallStatus(*runtime); }, {}});
  all.push_back({"readiness", [&] { return CallReadiness(*runtime); }, {}});
  all.push_back({"health_check", [&] { return CallHealth(*health); }, {}});
  for (int i = 0; i < warm_up + calls; ++i) {
    for (Series& series : all) {
      const auto begin = std::chrono::steady_clock::now();
      grpc::Status status = series.call();
      const std::chrono::duration<double, std::micro> took =
          std::chrono::steady_clock::now() - begin;
      if (!status.ok()) {
        std::fprintf(stderr, "%s: %s\n", series.name.c_str(), status.error_message().c_str());
        return 1;
      }
      if (i >= warm_up) series.micros.push_back(took.count());
    }
  }
  std::printf("{");
  for (const Series& series : all) {
    std::printf("%s\"%s\": {\"median\": %.1f, \"p90\": %.1f}", &series == &all[0] ? "" : ", ",
                series.name.c_str(), Quantile(series.micros, 0.5), Quantile(series.micros, 0.9));
  }
  std::printf("}\n");
  return 0;
}
