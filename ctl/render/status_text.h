// Views as people read them. Pure but for the console's colours.
#ifndef HOLON_CTL_RENDER_STATUS_TEXT_H_
#define HOLON_CTL_RENDER_STATUS_TEXT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ctl/lifecycle/receipts.h"
#include "ctl/render/console.h"
#include "holon/ctl/v1/views.pb.h"

namespace holon::ctl {

// The status, aligned, with differences, failure and next command where there are any.
std::string StatusText(const v1::StatusView& view, absl::Time now, const Console& console);

// What differs between two looks, a line each, for `status --watch`; empty: nothing.
std::string ChangesText(const v1::StatusView& before, const v1::StatusView& now);

// One step of `status --watch`: when, what changed, and the status.
std::string WatchText(const v1::StatusView& view, const std::string& changes, absl::Time now,
                      const Console& console);

// Differences as a table: path, expected with origin, actual with origin, what it takes.
// "next: COMMAND" and advice, a line each; empty where there is neither.
std::string NextText(const NextStep& next, const Console& console);

std::string DifferenceTable(const std::vector<v1::DifferenceView>& differences,
                            const Console& console);

// When a failure happened: its time, or "between 09:12:01 and 09:14:26" where nobody saw it; with
// the days where they differ.
std::string HappenedText(const v1::FailureView& failure);

// "● running", in its colour; "● running, degraded" where it is ready and not healthy.
std::string StateText(const std::string& state, bool healthy, const Console& console);

// The receipts as a ladder.
std::string LadderText(const std::vector<Receipt>& receipts, const Console& console);

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_STATUS_TEXT_H_
