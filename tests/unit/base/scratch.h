#ifndef HOLON_TESTS_UNIT_BASE_SCRATCH_H_
#define HOLON_TESTS_UNIT_BASE_SCRATCH_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace holon::base {

// A folder of the test's own, in a short place, because a socket's path has at most 107 bytes.
class ScratchTest : public testing::Test {
 protected:
  ScratchTest() {
    char name[] = "/tmp/holon-base-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~ScratchTest() override { std::filesystem::remove_all(folder_); }

  std::string In(const std::string& name) const { return folder_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(In(name), std::ios::binary) << content;
    return In(name);
  }

  std::string folder_;
};

}  // namespace holon::base

#endif  // HOLON_TESTS_UNIT_BASE_SCRATCH_H_
