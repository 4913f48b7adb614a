#include "runtime/config/fingerprint.h"

#include <unistd.h>

#include <algorithm>

#include "gmock/gmock.h"
#include "runtime/base/file.h"
#include "runtime/config/diff.h"
#include "tests/unit/config/scratch.h"

namespace holon::config {
namespace {

using testing::HasSubstr;
using testing::Not;

const FingerprintKey kKey(32, 'k');

Configuration Defaults() {
  Configuration defaults;
  for (const Leaf& leaf : Leaves()) {
    EXPECT_TRUE(SetDefault(leaf, "/no/home", &defaults.values).ok());
    defaults.origins[leaf.path].set_source(v1::SOURCE_DEFAULT);
  }
  return defaults;
}

TEST(Fingerprint, EveryFieldCountsAndEveryDifferenceIsOneRow) {
  const Configuration defaults = Defaults();
  const std::vector<v1::ConfigValue> before = Describe(defaults, kKey);
  int changed = 0;
  for (const Leaf& leaf : Leaves()) {
    SCOPED_TRACE(leaf.path);
    Configuration other = defaults;
    ASSERT_TRUE(SetFromText(leaf, OtherText(leaf, defaults.values), "/", &other.values).ok());
    const std::vector<v1::ConfigValue> after = Describe(other, kKey);
    const std::vector<v1::ConfigDifference> rows = Diff({"a", after}, {"b", before});
    if (leaf.apply == v1::APPLY_VOLATILE) {
      EXPECT_EQ(Fingerprint(after), Fingerprint(before));
      EXPECT_TRUE(rows.empty());
      continue;
    }
    ++changed;
    EXPECT_NE(Fingerprint(after), Fingerprint(before));
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].path(), leaf.path);
    EXPECT_EQ(rows[0].apply(), leaf.apply);
    EXPECT_EQ(rows[0].note(), "");
    EXPECT_NE(rows[0].expected(), rows[0].actual());
  }
  EXPECT_GT(changed, 30);
}

TEST(Fingerprint, IsLowerCaseHexOfSha256) {
  // sha256 of nothing, and of "a=1\n".
  EXPECT_EQ(Fingerprint({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  v1::ConfigValue value;
  value.set_path("a");
  value.set_value("1");
  EXPECT_EQ(CanonicalText({value}), "a=1\n");
  EXPECT_EQ(Fingerprint({value}),
            "fe3209d6d4f51935b391288a43df48d9ddece1a992597ae53387ca16611a9179");
}

TEST(Fingerprint, CountsFieldsItDoesNotKnowAndNotTheirOrder) {
  v1::ConfigValue a;
  a.set_path("a.unheard_of");
  a.set_value("1");
  v1::ConfigValue b;
  b.set_path("b");
  b.set_value("2");
  v1::ConfigValue silent;
  silent.set_path("c");
  silent.set_apply(v1::APPLY_VOLATILE);
  EXPECT_EQ(CanonicalText({b, silent, a}), "a.unheard_of=1\nb=2\n");
}

TEST(Describe, ShowsEverythingSortedAndRedacted) {
  Configuration configuration = Defaults();
  configuration.values.set_control_token("hunter2");
  configuration.origins["control_token"].set_location("HOLON_CONTROL_TOKEN");
  std::vector<v1::ConfigValue> described = Describe(configuration, kKey);
  ASSERT_EQ(described.size(), Leaves().size());
  for (size_t i = 0; i < described.size(); ++i) {
    const v1::ConfigValue& value = described[i];
    EXPECT_EQ(value.path(), Leaves()[i].path);
    EXPECT_NE(value.apply(), v1::APPLY_UNSPECIFIED);
    EXPECT_THAT(value.DebugString(), Not(HasSubstr("hunter2")));
    EXPECT_EQ(value.digest().empty(), !Leaves()[i].secret);
    EXPECT_FALSE(value.value().empty());
    if (value.path() != "control_token") continue;
    EXPECT_EQ(value.value(), "<set>");
    EXPECT_EQ(value.origin().location(), "HOLON_CONTROL_TOKEN");
    EXPECT_THAT(value.digest(), testing::MatchesRegex("hmac-sha256:[0-9a-f]{64}"));
  }
}

TEST(Describe, ASecretsDigestDependsOnKeyAndValue) {
  auto digest = [](const std::string& secret, const std::string& key) {
    Configuration configuration;
    if (!secret.empty()) configuration.values.set_control_token(secret);
    for (const v1::ConfigValue& value : Describe(configuration, key)) {
      if (value.path() == "control_token") return value.digest();
    }
    return std::string("missing");
  };
  EXPECT_EQ(digest("", kKey), "unset");
  EXPECT_EQ(digest("a", kKey), digest("a", kKey));
  EXPECT_NE(digest("a", kKey), digest("b", kKey));
  EXPECT_NE(digest("a", kKey), digest("a", std::string(32, 'x')));
  // Nobody may try secrets out without the key.
  EXPECT_EQ(digest("a", ""), "");
  EXPECT_EQ(digest("", ""), "unset");
}

class FingerprintKeyTest : public ScratchTest {
 protected:
  std::string path() { return home_ + "/fingerprint.key"; }
};

TEST_F(FingerprintKeyTest, IsMadeOnceForItsOwnerAlone) {
  EXPECT_TRUE(absl::IsNotFound(ReadFingerprintKey(home_).status()));
  absl::StatusOr<FingerprintKey> made = EnsureFingerprintKey(home_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size(), 32u);
  struct stat found;
  ASSERT_EQ(stat(path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0600u);
  EXPECT_EQ(*EnsureFingerprintKey(home_), *made);
  EXPECT_EQ(*ReadFingerprintKey(home_), *made);
  std::filesystem::remove(path());
  EXPECT_NE(*EnsureFingerprintKey(home_), *made);
}

TEST_F(FingerprintKeyTest, IsNotTrustedWhereItIsNotSound) {
  for (const std::string& content : {std::string(), std::string(31, 'k'), std::string(33, 'k')}) {
    Write(path(), content);
    EXPECT_TRUE(absl::IsFailedPrecondition(ReadFingerprintKey(home_).status())) << content.size();
    EXPECT_TRUE(absl::IsFailedPrecondition(EnsureFingerprintKey(home_).status()));
    EXPECT_EQ(Read(path()), content);
  }
  Write(path(), std::string(32, 'k'), 0640);
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadFingerprintKey(home_).status()));
  EXPECT_THAT(std::string(ReadFingerprintKey(home_).status().message()), HasSubstr("chmod 600"));
  chmod(path().c_str(), 0600);
  EXPECT_TRUE(ReadFingerprintKey(home_).ok());
  if (geteuid() == 0) {
    ASSERT_EQ(chown(path().c_str(), 12345, 12345), 0);
    EXPECT_TRUE(absl::IsFailedPrecondition(ReadFingerprintKey(home_).status()));
  }
  std::filesystem::rename(path(), home_ + "/real");
  std::filesystem::create_symlink("real", path());
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadFingerprintKey(home_).status()));
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadFingerprintKey(home_).status()));
}

TEST_F(FingerprintKeyTest, IsNotMadeWithoutAHome) {
  EXPECT_FALSE(EnsureFingerprintKey(home_ + "/missing").ok());
}

class EqualConfigurations : public ScratchTest {};

TEST_F(EqualConfigurations, HaveOneFingerprintHoweverPathsAreWritten) {
  std::filesystem::create_directory(home_ + "/real");
  std::filesystem::create_symlink("real", home_ + "/link");
  std::vector<std::string> fingerprints;
  for (const std::string& path :
       {home_ + "/real/ws", home_ + "/link/ws", std::string("../home/link/./ws/")}) {
    inputs_.sets = {"workspace_dir=" + path};
    LoadResult result = Load(inputs_);
    ASSERT_TRUE(result.faults.empty());
    fingerprints.push_back(Fingerprint(Describe(result.configuration, kKey)));
  }
  EXPECT_EQ(fingerprints[0], fingerprints[1]);
  EXPECT_EQ(fingerprints[0], fingerprints[2]);
}

}  // namespace
}  // namespace holon::config
