#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.pb.h"
#include "runtime/config/schema.h"

namespace holon::config {

// The descriptors with their comments, which compiled descriptors lack; written by the build.
extern const unsigned char kConfigSourceInfo[];
extern const size_t kConfigSourceInfoSize;

namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::SourceCodeInfo;

// The place of a field in SourceCodeInfo. Messages of EffectiveConfig stand at the top of their
// file.
bool IsAt(const SourceCodeInfo::Location& location,
          const google::protobuf::FieldDescriptor& field) {
  return location.path_size() == 4 &&
         location.path(0) == FileDescriptorProto::kMessageTypeFieldNumber &&
         location.path(1) == field.containing_type()->index() &&
         location.path(2) == google::protobuf::DescriptorProto::kFieldFieldNumber &&
         location.path(3) == field.index();
}

// Parsed at the first call: whoever asks for no comments does not pay for them.
const google::protobuf::FileDescriptorSet& SourceInfo() {
  static const google::protobuf::FileDescriptorSet& files = *[] {
    auto* parsed = new google::protobuf::FileDescriptorSet;
    parsed->ParseFromArray(kConfigSourceInfo, static_cast<int>(kConfigSourceInfoSize));
    return parsed;
  }();
  return files;
}

}  // namespace

std::string Comment(const Leaf& leaf) {
  const google::protobuf::FieldDescriptor& field = leaf.field();
  for (const FileDescriptorProto& file : SourceInfo().file()) {
    if (file.name() != field.file()->name()) continue;
    for (const SourceCodeInfo::Location& location : file.source_code_info().location()) {
      if (!IsAt(location, field)) continue;
      std::string comment = absl::StrReplaceAll(location.leading_comments(), {{"\n", " "}});
      absl::RemoveExtraAsciiWhitespace(&comment);
      return comment;
    }
  }
  return "";
}

}  // namespace holon::config
