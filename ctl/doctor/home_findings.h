// The home's directories, and the files of the run directory. Pure.
#ifndef HOLON_CTL_DOCTOR_HOME_FINDINGS_H_
#define HOLON_CTL_DOCTOR_HOME_FINDINGS_H_

#include <vector>

#include "ctl/doctor/facts.h"
#include "ctl/doctor/finding.h"

namespace holon::ctl {

// "home" and "run_directory".
void JudgeDirectories(const Facts& facts, std::vector<Finding>* findings);

// "files", "record", "failures", "lifecycle_lock" and "leftovers".
void JudgeFiles(const Facts& facts, std::vector<Finding>* findings);

}  // namespace holon::ctl

#endif  // HOLON_CTL_DOCTOR_HOME_FINDINGS_H_
