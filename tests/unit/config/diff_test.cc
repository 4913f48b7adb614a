#include "runtime/config/diff.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace holon::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::ConfigValue Value(const std::string& path, const std::string& value,
                      v1::Apply apply = v1::APPLY_RESTART, const std::string& digest = "") {
  v1::ConfigValue result;
  result.set_path(path);
  result.set_value(value);
  result.set_apply(apply);
  result.set_digest(digest);
  result.mutable_origin()->set_location("origin of " + value);
  return result;
}

// "path expected="…" actual="…" (note) takes APPLY".
std::vector<std::string> Rows(const std::vector<v1::ConfigValue>& expected,
                              const std::vector<v1::ConfigValue>& actual) {
  std::vector<std::string> rows;
  for (const auto& row : Diff({"holonctl 1", expected}, {"runtime 2", actual})) {
    rows.push_back(DifferenceLine(row) + " takes " + v1::Apply_Name(row.apply()));
  }
  return rows;
}

TEST(Diff, IsEmptyForEqualSides) {
  EXPECT_THAT(Rows({}, {}), IsEmpty());
  EXPECT_THAT(Rows({Value("a", "1"), Value("s", "<set>", v1::APPLY_RESTART, "d")},
                   {Value("s", "<set>", v1::APPLY_RESTART, "d"), Value("a", "1")}),
              IsEmpty());
}

TEST(Diff, ListsEveryDifferenceByPathWithBothOrigins) {
  std::vector<v1::ConfigDifference> rows =
      Diff({"mine", {Value("b", "\"x\""), Value("a", "1", v1::APPLY_HOT), Value("c", "3")}},
           {"theirs", {Value("a", "2", v1::APPLY_HOT), Value("b", "\"y\""), Value("c", "3")}});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(DifferenceSummary(rows),
            "a expected=\"1\" actual=\"2\"; b expected=\"x\" actual=\"y\"");
  EXPECT_EQ(rows[0].apply(), v1::APPLY_HOT);
  EXPECT_EQ(rows[0].expected_origin().location(), "origin of 1");
  EXPECT_EQ(rows[0].actual_origin().location(), "origin of 2");
  EXPECT_EQ(rows[1].apply(), v1::APPLY_RESTART);
}

TEST(Diff, OriginsAloneAreNoDifference) {
  v1::ConfigValue other = Value("a", "1");
  other.mutable_origin()->set_location("elsewhere");
  EXPECT_THAT(Rows({Value("a", "1")}, {other}), IsEmpty());
}

TEST(Diff, SecretsShowOnlyWhetherTheyAreSet) {
  v1::ConfigValue one = Value("s", "<set>", v1::APPLY_RESTART, "hmac-sha256:1");
  v1::ConfigValue two = Value("s", "<set>", v1::APPLY_RESTART, "hmac-sha256:2");
  v1::ConfigValue none = Value("s", "<unset>", v1::APPLY_RESTART, "unset");
  v1::ConfigValue keyless = Value("s", "<set>", v1::APPLY_RESTART, "");
  EXPECT_THAT(Rows({one}, {two}),
              ElementsAre("s expected=\"<set>\" actual=\"<differs>\" takes APPLY_RESTART"));
  EXPECT_THAT(Rows({one}, {none}),
              ElementsAre("s expected=\"<set>\" actual=\"<unset>\" takes APPLY_RESTART"));
  EXPECT_THAT(Rows({none}, {one}),
              ElementsAre("s expected=\"<unset>\" actual=\"<set>\" takes APPLY_RESTART"));
  EXPECT_THAT(Rows({none}, {none}), IsEmpty());
  EXPECT_THAT(Rows({keyless}, {one}),
              ElementsAre("s expected=\"<set>\" actual=\"<differs>\" (cannot be compared: holonctl "
                          "1 has no fingerprint.key) takes APPLY_RESTART"));
}

TEST(Diff, LeavesVolatileFieldsOut) {
  EXPECT_THAT(Rows({Value("a", "1", v1::APPLY_VOLATILE)}, {Value("a", "2", v1::APPLY_VOLATILE)}),
              IsEmpty());
  EXPECT_THAT(Rows({Value("a", "1", v1::APPLY_VOLATILE)}, {}), IsEmpty());
  EXPECT_THAT(Rows({}, {Value("a", "1", v1::APPLY_VOLATILE)}), IsEmpty());
}

TEST(Diff, SaysWhichSideDoesNotKnowAField) {
  EXPECT_THAT(Rows({Value("new", "1", v1::APPLY_HOT)}, {Value("old", "2")}),
              ElementsAre("new expected=\"1\" actual=\"<not known>\" (not known to runtime 2) "
                          "takes APPLY_HOT",
                          "old expected=\"<not known>\" actual=\"2\" (not known to holonctl 1) "
                          "takes APPLY_RESTART"));
}

TEST(Diff, HasARowWhereTheSidesDisagreeWhetherAFieldCounts) {
  EXPECT_THAT(Rows({Value("a", "1", v1::APPLY_VOLATILE)}, {Value("a", "1", v1::APPLY_HOT)}),
              ElementsAre("a expected=\"1\" actual=\"1\" (ignored by holonctl 1) takes "
                          "APPLY_HOT"));
  EXPECT_THAT(Rows({Value("a", "1", v1::APPLY_HOT)}, {Value("a", "2", v1::APPLY_VOLATILE)}),
              ElementsAre("a expected=\"1\" actual=\"2\" takes APPLY_HOT"));
}

TEST(Diff, TakesARestartWhereNobodySays) {
  EXPECT_THAT(Rows({Value("a", "1", v1::APPLY_HOT)}, {Value("a", "2", v1::APPLY_UNSPECIFIED)}),
              ElementsAre("a expected=\"1\" actual=\"2\" takes APPLY_RESTART"));
}

TEST(OnlyHot, IsTrueWhereReloadIsEnough) {
  auto rows = [](v1::Apply first, v1::Apply second) {
    return Diff({"a", {Value("x", "1", first), Value("y", "1", second)}},
                {"b", {Value("x", "2", first), Value("y", "2", second)}});
  };
  EXPECT_TRUE(OnlyHot(rows(v1::APPLY_HOT, v1::APPLY_HOT)));
  EXPECT_FALSE(OnlyHot(rows(v1::APPLY_HOT, v1::APPLY_RESTART)));
  EXPECT_FALSE(OnlyHot({}));
  EXPECT_FALSE(OnlyHot(Diff({"a", {Value("x", "1", v1::APPLY_HOT)}}, {"b", {}})));
}

TEST(DisplayValue, IsTheTextItself) {
  EXPECT_EQ(DisplayValue("\"a\\\"b\\\\\\n\""), "a\"b\\\n");
  EXPECT_EQ(DisplayValue("\"\""), "");
  EXPECT_EQ(DisplayValue("[\"a\"]"), "[\"a\"]");
  EXPECT_EQ(DisplayValue("5"), "5");
  EXPECT_EQ(DisplayValue("\""), "\"");
  EXPECT_EQ(DisplayValue("<set>"), "<set>");
}

TEST(ChangeSummaryTest, ShowsFromWhatToWhat) {
  EXPECT_EQ(ChangeSummary(Diff({"a", {Value("x", "\"info\""), Value("y", "\"\"")}},
                               {"b", {Value("x", "\"debug\""), Value("y", "5")}})),
            "x: debug → info; y: 5 → \"\"");
}

TEST(VersionSkewTest, IsOnlyWhatNobodyHasSet) {
  v1::ConfigValue fresh;
  fresh.set_path("new.field");
  fresh.set_value("1");
  fresh.set_apply(v1::APPLY_RESTART);
  fresh.mutable_origin()->set_source(v1::SOURCE_DEFAULT);
  v1::ConfigValue set = fresh;
  set.mutable_origin()->set_source(v1::SOURCE_FILE);
  const Side older{"runtime 0.3.0", {}};
  EXPECT_FALSE(OnlyVersionSkew(Diff(older, older)));
  EXPECT_TRUE(OnlyVersionSkew(Diff({"holonctl 0.4.0", {fresh}}, older)));
  EXPECT_TRUE(OnlyVersionSkew(Diff(older, {"runtime 0.4.0", {fresh}})));
  EXPECT_FALSE(OnlyVersionSkew(Diff({"holonctl 0.4.0", {set}}, older)));
  v1::ConfigValue other = fresh;
  other.set_value("2");
  EXPECT_FALSE(OnlyVersionSkew(Diff({"a", {fresh}}, {"b", {other}})));
}

}  // namespace
}  // namespace holon::config
