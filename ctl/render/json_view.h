#ifndef HOLON_CTL_RENDER_JSON_VIEW_H_
#define HOLON_CTL_RENDER_JSON_VIEW_H_

#include <string>

#include "google/protobuf/message.h"

namespace holon::ctl {

// A view as one line of JSON: every key is there, null when not set; numbers are numbers, 64-bit
// ones too. Fields of a message that is named in `inlined` stand at the top level in its place.
std::string ToJsonLine(const google::protobuf::Message& view, const std::string& inlined = "");

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_JSON_VIEW_H_
