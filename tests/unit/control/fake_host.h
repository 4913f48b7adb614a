#ifndef HOLON_TESTS_UNIT_CONTROL_FAKE_HOST_H_
#define HOLON_TESTS_UNIT_CONTROL_FAKE_HOST_H_

#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "runtime/control/runtime_control.h"

namespace holon::control {

// A runtime that only remembers what it was asked for.
class FakeHost final : public RuntimeHost {
 public:
  void CompareConfig(const v1::CompareConfigRequest&,
                     Reply<v1::CompareConfigResponse> reply) override {
    reply(grpc::Status::OK);
  }
  void Reload(const v1::ReloadRequest&, Reply<v1::ReloadResponse> reply) override {
    absl::MutexLock lock(&mutex_);
    ++reloads;
    if (defer) {
      waiting_.push_back(std::move(reply));
    } else {
      reply(grpc::Status::OK);
    }
  }
  void MakePermanent(const v1::MakePermanentRequest&,
                     Reply<v1::MakePermanentResponse> reply) override {
    absl::MutexLock lock(&mutex_);
    ++made_permanent;
    reply(grpc::Status::OK);
  }
  void RequestShutdown(const ShutdownOrder& order) override {
    absl::MutexLock lock(&mutex_);
    orders.push_back(order);
  }
  std::string UnixPeers() const override { return "pid 1 uid 2"; }
  void PeerIsProven(const std::string& peer) override {
    absl::MutexLock lock(&mutex_);
    proven.insert(peer);
  }

  void AwaitReload() {
    absl::MutexLock lock(&mutex_);
    auto waits = [this] {
      mutex_.AssertHeld();
      return !waiting_.empty();
    };
    mutex_.Await(absl::Condition(&waits));
  }
  // Of the first reload that was not answered.
  Reply<v1::ReloadResponse> TakeReply() {
    absl::MutexLock lock(&mutex_);
    Reply<v1::ReloadResponse> reply = std::move(waiting_.front());
    waiting_.pop_front();
    return reply;
  }

  bool defer = false;  // Reloads wait for TakeReply. Set it while nobody calls.
  // To be read when the server has ended.
  int reloads = 0;
  int made_permanent = 0;
  std::vector<ShutdownOrder> orders;
  std::set<std::string> proven;

 private:
  absl::Mutex mutex_;
  std::deque<Reply<v1::ReloadResponse>> waiting_ ABSL_GUARDED_BY(mutex_);
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
