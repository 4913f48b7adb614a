#include "runtime/control/reflection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.pb.h"
#include "grpcpp/support/status.h"
#include "holon/v1/runtime_control.pb.h"

namespace holon::control {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
  // The contract's file is in the pool once something of it is used.
  EXPECT_NE(v1::RuntimeStatusRequest::descriptor(), nullptr);
  return Reflect(request, {"a.A", "b.B"}, *google::protobuf::DescriptorPool::generated_pool());
}

std::vector<std::string> FilesOf(const ServerReflectionResponse& response) {
  std::vector<std::string> names;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(file.ParseFromString(bytes));
    names.push_back(file.name());
  }
  return names;
}

TEST(ReflectionTest, ListsServicesAndRepeatsTheQuestion) {
  ServerReflectionRequest request;
  request.set_host("h");
  request.set_list_services("");
  const ServerReflectionResponse response = Ask(request);
  EXPECT_EQ(response.valid_host(), "h");
  EXPECT_EQ(response.original_request().SerializeAsString(), request.SerializeAsString());
  ASSERT_EQ(response.list_services_response().service_size(), 2);
  EXPECT_EQ(response.list_services_response().service(1).name(), "b.B");
}

TEST(ReflectionTest, AFileComesFirstAndWithEachOfItsImportsOnce) {
  ServerReflectionRequest by_name;
  by_name.set_file_by_filename("holon/v1/runtime_control.proto");
  ServerReflectionRequest by_symbol;
  by_symbol.set_file_containing_symbol("holon.v1.RuntimeControl.Shutdown");
  for (const ServerReflectionRequest& request : {by_name, by_symbol}) {
    const std::vector<std::string> files = FilesOf(Ask(request));
    ASSERT_FALSE(files.empty());
    EXPECT_EQ(files[0], "holon/v1/runtime_control.proto");
    EXPECT_THAT(files, testing::IsSupersetOf({"holon/v1/config.proto", "holon/v1/options.proto",
                                              "google/protobuf/descriptor.proto"}));
    EXPECT_EQ(std::set<std::string>(files.begin(), files.end()).size(), files.size());
  }
}

TEST(ReflectionTest, ExtensionsAreFoundByTheMessageThatTheyExtend) {
  ServerReflectionRequest request;
  request.set_all_extension_numbers_of_type("google.protobuf.FieldOptions");
  const ServerReflectionResponse numbers = Ask(request);
  ASSERT_GT(numbers.all_extension_numbers_response().extension_number_size(), 0);
  request.mutable_file_containing_extension()->set_containing_type("google.protobuf.FieldOptions");
  request.mutable_file_containing_extension()->set_extension_number(
      numbers.all_extension_numbers_response().extension_number(0));
  EXPECT_EQ(FilesOf(Ask(request))[0], "holon/v1/options.proto");
}

TEST(ReflectionTest, WhatThereIsNotIsNotFound) {
  std::vector<ServerReflectionRequest> requests(4);
  requests[0].set_file_by_filename(std::string(100000, 'x'));
  requests[1].set_file_containing_symbol("no.Such");
  requests[2].mutable_file_containing_extension()->set_containing_type("no.Such");
  requests[3].set_all_extension_numbers_of_type("no.Such");
  for (const ServerReflectionRequest& request : requests) {
    const ServerReflectionResponse response = Ask(request);
    EXPECT_EQ(response.error_response().error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_LT(response.error_response().error_message().size(), 200u);
  }
  EXPECT_EQ(Ask({}).error_response().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace holon::control
