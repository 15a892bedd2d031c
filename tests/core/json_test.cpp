#include "core/json.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

std::string nested_lists(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonTest, KeepsTheOrderOfFields) {
  EXPECT_EQ(parse_json(R"({"b":1,"a":2})", "test").dump(), R"({"b":1,"a":2})");
}

TEST(JsonTest, EqualsNlohmannsParser) {
  const std::string text =
      R"({"b": [1, -2, 0.5, "é", null, true, {"x": []}], "a": {"c": {}}})";

  EXPECT_EQ(parse_json(text, "test"), Json::parse(text));
}

TEST(JsonRefusalTest, TextThatIsNotJsonNamesTheFile) {
  for (const std::string text :
       {"", "{", "{\"a\":}", "[1,]", "nan", "{} {}", "\"\xff\"", "'a'"}) {
    EXPECT_THAT(
        [&] { parse_json(text, "test.json"); },
        ThrowsMessage<InputError>(StartsWith("test.json: not JSON")))
        << text;
  }
}

TEST(JsonRefusalTest, AFieldMayNotBeGivenTwice) {
  EXPECT_THAT(
      [&] { parse_json(R"({"a": {"b": 1, "b": 2}})", "test.json"); },
      ThrowsMessage<InputError>(
          StrEq("test.json: field \"b\" is given twice")));
}

TEST(JsonRefusalTest, TheSameFieldInTwoObjectsIsFine) {
  EXPECT_NO_THROW(
      parse_json(R"({"a": {"b": 1}, "b": [{"b": 1}, {"b": 2}]})", "test.json"));
}

TEST(JsonRefusalTest, NestsAtMost64Levels) {
  EXPECT_NO_THROW(parse_json(nested_lists(64), "test.json"));
  EXPECT_THAT(
      [&] { parse_json(nested_lists(65), "test.json"); },
      ThrowsMessage<InputError>(StrEq("test.json: nests deeper than 64")));
}

TEST(JsonRefusalTest, AMillionOpenListsAreRefused) {
  EXPECT_THROW(parse_json(std::string(1000000, '['), "test.json"), InputError);
}

TEST(JsonRefusalTest, HasAtMostTwoMillionValues) {
  std::string list = "[0";
  for (int i = 1; i < 2'000'000; ++i) {
    list += ",0";
  }
  list += "]";

  // The list itself is a value, too.
  EXPECT_THAT(
      [&] { parse_json(list, "test.json"); },
      ThrowsMessage<InputError>(
          StrEq("test.json: has more than 2000000 values")));
}

TEST(JsonFileTest, RefusesAFileLargerThanTheLimit) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  write_file(path, "{");
  std::filesystem::resize_file(path, kMaxJsonFileBytes + 1);

  EXPECT_THAT(
      [&] { read_json_file(path); },
      ThrowsMessage<InputError>(
          HasSubstr("config.json: is larger than 67108864 bytes, the limit")));
}

TEST(JsonFileTest, ReadsBackWhatItWrote) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "run/summary.json";
  const auto json = parse_json(R"({"b": [1, 2.5], "a": "é"})", "test");

  write_json_file(path, json);

  EXPECT_EQ(read_json_file(path), json);
  EXPECT_THAT(read_file(path), StartsWith("{\n  \"b\": [\n"));
}

TEST(JsonFileTest, NamesAFileThatIsNotJson) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  write_file(path, "{");

  EXPECT_THAT(
      [&] { read_json_file(path); },
      ThrowsMessage<InputError>(
          AllOf(StartsWith(path.string()), HasSubstr("not JSON"))));
}

TEST(JsonTest, NanAndInfinityBecomeNull) {
  EXPECT_EQ(finite_or_null(1.5), 1.5);
  EXPECT_TRUE(
      finite_or_null(std::numeric_limits<double>::quiet_NaN()).is_null());
  EXPECT_TRUE(
      finite_or_null(std::numeric_limits<double>::infinity()).is_null());
}

} // namespace
} // namespace microfiche
