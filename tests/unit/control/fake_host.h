#ifndef HOLON_TESTS_UNIT_CONTROL_FAKE_HOST_H_
#define HOLON_TESTS_UNIT_CONTROL_FAKE_HOST_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "runtime/control/runtime_control.h"

namespace holon::control {

// A runtime that only remembers what it was asked for.
class FakeHost final : public RuntimeHost {
 public:
  grpc::Status CompareConfig(const v1::CompareConfigRequest&, v1::CompareConfigResponse*) override {
    return grpc::Status::OK;
  }
  grpc::Status Reload(const v1::ReloadRequest&, v1::ReloadResponse*) override {
    ++reloads;
    return grpc::Status::OK;
  }
  void RequestShutdown(const ShutdownOrder& order) override { orders.push_back(order); }

  int reloads = 0;
  std::vector<ShutdownOrder> orders;
};

inline v1::RuntimeStatusResponse Self() {
  v1::RuntimeStatusResponse self;
  self.set_instance_id("me");
  self.set_pid(7);
  self.set_home_dir("/h");
  return self;
}

// What a client branches on.
inline std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  details.ParseFromString(status.error_details());
  if (details.details_size() == 1) details.details(0).UnpackTo(&info);
  EXPECT_EQ(info.domain(), "holon");
  return info.reason();
}

}  // namespace holon::control

#endif  // HOLON_TESTS_UNIT_CONTROL_FAKE_HOST_H_
