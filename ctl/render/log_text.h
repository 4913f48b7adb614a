// Lines of the logs as documents, and audit lines as people read them. Pure.
#ifndef HOLON_CTL_RENDER_LOG_TEXT_H_
#define HOLON_CTL_RENDER_LOG_TEXT_H_

#include <string>

#include "holon/ctl/v1/views.pb.h"

namespace holon::ctl {

v1::LogLineView LogLineToView(const std::string& line);
v1::AuditLineView AuditLineToView(const std::string& line);

// "2026-01-02T03:04:05.678Z stop     pid 12: holonctl stop; reason: …"; a line that is no entry as
// it is.
std::string AuditText(const std::string& line);

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_LOG_TEXT_H_
