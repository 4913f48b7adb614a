#include "runtime/daemon/grpc_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "grpc/support/log.h"
#include "runtime/daemon/log_text.h"

namespace holon::daemon {
namespace {

class LinesLogger final : public base::Logger {
 public:
  void Log(base::LogLevel, const std::string& message, Fields fields) override {
    lines.push_back(LogText(message, fields));
  }
  std::vector<std::string> lines;
};

class FakeClock final : public base::Clock {
 public:
  absl::Time Now() override { return absl::UnixEpoch(); }
  absl::Duration Uptime() override { return uptime; }
  absl::Duration uptime = absl::Hours(1);
};

TEST(GrpcLogTest, LinesOfOneSourceAreCountedInsteadOfRepeated) {
  LinesLogger logger;
  FakeClock clock;
  {
    GrpcLog log(logger, clock);
    auto complain = [] { gpr_log(GPR_ERROR, "bad\n%s", std::string(5000, 'z').c_str()); };
    for (int number = 0; number < 300; ++number) complain();
    gpr_log(GPR_INFO, "no matter");
    ASSERT_EQ(logger.lines.size(), 1u);
    EXPECT_THAT(logger.lines[0], testing::StartsWith("gRPC error at grpc_log_test.cc:"));
    EXPECT_LT(logger.lines[0].size(), 600u);
    EXPECT_EQ(logger.lines[0].find('\n'), std::string::npos);
    clock.uptime += absl::Minutes(1);
    complain();
  }
  ASSERT_GE(logger.lines.size(), 2u);
  EXPECT_THAT(logger.lines[1], testing::HasSubstr("299 more"));
}

}  // namespace
}  // namespace holon::daemon
