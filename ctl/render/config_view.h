// Values, origins and differences of a configuration as views, and as people read them. Pure.
#ifndef HOLON_CTL_RENDER_CONFIG_VIEW_H_
#define HOLON_CTL_RENDER_CONFIG_VIEW_H_

#include <string>

#include "google/protobuf/struct.pb.h"
#include "holon/ctl/v1/views.pb.h"
#include "holon/v1/config.pb.h"

namespace holon::ctl {

// What a change takes: "restart", "reload" or "nothing".
const char* TakesOf(holon::v1::Apply apply);

v1::OriginView ToView(const holon::v1::Origin& origin);
v1::SettingView ToView(const holon::v1::ConfigValue& value);
v1::DifferenceView ToView(const holon::v1::ConfigDifference& difference);

// A value, or the state of a secret, on one line: a string without quotes, an empty one with them,
// "<set>" of a secret, "unknown" where there is neither.
std::string ShownValue(const google::protobuf::Value& value, const std::string& secret_state);

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_CONFIG_VIEW_H_
