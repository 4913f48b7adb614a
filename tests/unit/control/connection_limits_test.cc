#include "runtime/control/connection_limits.h"

#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"

namespace holon::control {
namespace {

TEST(ConnectionLimitsTest, AQuarterStaysFreeAndEachKindHasItsHalfOfTheRest) {
  constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
  struct {
    uint64_t open_files;
    uint64_t others;
    bool with_tcp;
    size_t unix_domain;
    size_t tcp;
    uint64_t first_reserved;
  } cases[] = {
      {128, 20, true, 19, 19, 96},
      {128, 20, false, 38, 0, 96},
      {1024, 18, true, 187, 187, 768},
      {1024, 18, false, 375, 0, 768},
      {1 << 20, 20, true, 1024, 1024, 786432},
      {kUnlimited, 20, true, 1024, 1024, kUnlimited - kUnlimited / 4},
      {24, 20, true, 2, 2, 18},
      {0, 20, false, 2, 0, 0},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.open_files, " ", test.others, " ", test.with_tcp));
    const ConnectionLimits limits = LimitConnections(test.open_files, test.others, test.with_tcp);
    EXPECT_EQ(limits.unix_domain, test.unix_domain);
    EXPECT_EQ(limits.Of(PeerKind::kUnix), test.unix_domain);
    EXPECT_EQ(limits.Of(PeerKind::kTcp), test.tcp);
    EXPECT_EQ(limits.first_reserved, test.first_reserved);
  }
}

}  // namespace
}  // namespace holon::control
