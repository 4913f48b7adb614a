#include "runtime/state/json_file.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"

namespace holon::state {
namespace {

std::string Print(const google::protobuf::Message& message, bool add_whitespace) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = add_whitespace;
  options.preserve_proto_field_names = true;
  std::string text;
  // Fails only for messages that hold an Any, which no record does.
  (void)google::protobuf::util::MessageToJsonString(message, &text, options);
  return text;
}

}  // namespace

absl::Status ReadJsonFile(const std::string& path, google::protobuf::Message* message) {
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxRecordBytes);
  // What stands there is no such file. Any other error says nothing of it.
  if (absl::IsFailedPrecondition(text.status()) || absl::IsOutOfRange(text.status())) {
    return absl::DataLossError(text.status().message());
  }
  HOLON_RETURN_IF_ERROR(text.status());
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (text->empty()) return absl::DataLossError(absl::StrCat(path, " is empty"));
  auto status = google::protobuf::util::JsonStringToMessage(*text, message, options);
  if (!status.ok()) {
    return absl::DataLossError(absl::StrCat(path, " is damaged: ", std::string(status.message())));
  }
  return absl::OkStatus();
}

std::string ToJson(const google::protobuf::Message& message) { return Print(message, true); }

std::string ToJsonLine(const google::protobuf::Message& message) { return Print(message, false); }

absl::Status WriteJsonFile(const std::string& path, const google::protobuf::Message& message,
                           base::Durability durability) {
  return base::WriteFileAtomically(path, ToJson(message), 0600, durability);
}

}  // namespace holon::state
