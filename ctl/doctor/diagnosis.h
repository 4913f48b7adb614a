// From facts to findings. Pure.
#ifndef HOLON_CTL_DOCTOR_DIAGNOSIS_H_
#define HOLON_CTL_DOCTOR_DIAGNOSIS_H_

#include <vector>

#include "ctl/doctor/facts.h"
#include "ctl/doctor/finding.h"

namespace holon::ctl {

// At least one for everything that was looked at, in the order in which they matter.
std::vector<Finding> Diagnose(const Facts& facts);

}  // namespace holon::ctl

#endif  // HOLON_CTL_DOCTOR_DIAGNOSIS_H_
