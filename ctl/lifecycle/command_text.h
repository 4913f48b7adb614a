#ifndef HOLON_CTL_LIFECYCLE_COMMAND_TEXT_H_
#define HOLON_CTL_LIFECYCLE_COMMAND_TEXT_H_

#include <string>
#include <vector>

namespace holon::ctl {

// A command line as logs may hold it. Secrets are refused on it, but by then it has been typed:
// their values and those of what is no setting are left out. Pure.
std::string CommandText(const std::vector<std::string>& arguments);

}  // namespace holon::ctl

#endif  // HOLON_CTL_LIFECYCLE_COMMAND_TEXT_H_
