// Records on disk as protobuf JSON in snake_case, one message a file.
#ifndef HOLON_RUNTIME_STATE_JSON_FILE_H_
#define HOLON_RUNTIME_STATE_JSON_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "runtime/base/file.h"

namespace holon::state {

// Larger files are not read, so none is written. No record of ours comes near.
inline constexpr size_t kMaxRecordBytes = 1 << 20;

// NOT_FOUND: no such file. DATA_LOSS: it is there, but damaged: the message names it and what is
// wrong. Any other error: it cannot be read, and nothing is known of it. Keys of a newer version
// are skipped.
absl::Status ReadJsonFile(const std::string& path, google::protobuf::Message* message);

// Replaces the file whole (0600).
absl::Status WriteJsonFile(const std::string& path, const google::protobuf::Message& message,
                           base::Durability durability = base::Durability::kFile);

// The text that WriteJsonFile writes.
std::string ToJson(const google::protobuf::Message& message);

// The same in one line, without its end.
std::string ToJsonLine(const google::protobuf::Message& message);

}  // namespace holon::state

#endif  // HOLON_RUNTIME_STATE_JSON_FILE_H_
