#include "core/json_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche {
namespace {

using ::testing::EndsWith;
using ::testing::SizeIs;

void expect_difference(
    const char* before,
    const char* now,
    const std::string& path,
    const std::string& old_value,
    const std::string& new_value) {
  const auto found = first_difference(Json::parse(before), Json::parse(now));

  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, path);
  EXPECT_EQ(found->before, old_value);
  EXPECT_EQ(found->now, new_value);
}

TEST(JsonDifferenceTest, EqualValuesHaveNone) {
  const auto json = Json::parse(R"({"a": [{"b": 1}], "c": null})");

  EXPECT_FALSE(first_difference(json, json));
}

TEST(JsonDifferenceTest, IsAsDeepAsPossible) {
  expect_difference(
      R"({"same": 1, "stages": [{"steps": 5}, {"steps": 6, "name": "a"}]})",
      R"({"same": 1, "stages": [{"steps": 5}, {"steps": 6, "name": "b"}]})",
      "stages.1.name",
      "\"a\"",
      "\"b\"");
}

TEST(JsonDifferenceTest, AListOfNumbersIsOneValue) {
  expect_difference(
      R"({"range": [1, 2]})",
      R"({"range": [1, 3]})",
      "range",
      "[1,2]",
      "[1,3]");
}

TEST(JsonDifferenceTest, AFieldOrItemMayBeAbsent) {
  expect_difference(R"({"a": 1})", R"({"a": 1, "b": 2})", "b", "nothing", "2");
  expect_difference(R"({"a": 1, "b": 2})", R"({"a": 1})", "b", "2", "nothing");
  expect_difference(
      R"([{"a": 1}])", R"([{"a": 1}, {"a": 2}])", "1", "nothing", "{\"a\":2}");
  expect_difference(
      R"({"a": null})", R"({"a": {"b": 1}})", "a", "null", "{\"b\":1}");
}

TEST(JsonDifferenceTest, LongValuesAreCut) {
  const Json before = {{"text", std::string(5000, 'x')}};

  const auto found = first_difference(before, {{"text", ""}});

  EXPECT_THAT(found->before, SizeIs(204));
  EXPECT_THAT(found->before, EndsWith("x ..."));
}

} // namespace
} // namespace microfiche
