#ifndef HOLON_CTL_RENDER_JSON_VIEW_H_
#define HOLON_CTL_RENDER_JSON_VIEW_H_

#include <string>

#include "google/protobuf/message.h"

namespace holon::ctl {

// A view as one line of JSON: every key is there, null when not set; numbers are numbers, 64-bit
// ones too; text is UTF-8, whatever bytes it was. The fields of a LifecycleView's status stand at
// the top level in its place.
std::string ToJsonLine(const google::protobuf::Message& view);

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_JSON_VIEW_H_
