#ifndef HOLON_CTL_COMMANDS_CALLER_TEXT_H_
#define HOLON_CTL_COMMANDS_CALLER_TEXT_H_

#include <string>

#include "CLI/CLI.hpp"
#include "ctl/commands/options.h"

namespace holon::ctl {

// The type of an option whose value is a duration.
inline constexpr char kDurationType[] = "DUR";

// A call for logs, from what was parsed: the command, the names of its options, and of their values
// only durations and settings that are no secret. Whatever else was typed may be one.
std::string CallerText(const CLI::App& app, const Options& options);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_CALLER_TEXT_H_
