#include "data/pairs.h"

#include "core/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace microfiche::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<Pair> draw(const PairsConfig& config, int64_t count) {
  RandomStream random(7, "pairs");
  std::vector<Pair> pairs;
  append_pairs(pairs, count, config, random);
  return pairs;
}

TEST(PairsTest, AreDistinctInKeysAndValues) {
  PairsConfig config;
  config.key_characters = {1, 2};
  config.value_characters = {2, 3};
  const auto pairs = draw(config, 300);

  std::set<std::string> keys;
  std::set<std::string> values;
  for (const auto& pair : pairs) {
    keys.insert(pair.key);
    values.insert(pair.value);
  }
  EXPECT_EQ(keys.size(), 300);
  EXPECT_EQ(values.size(), 300);
}

TEST(PairsTest, GetLongerKeysWhenTheShortOnesAreTaken) {
  PairsConfig config;
  config.key_characters = {1, 1};
  config.similar_keys = 0;
  const auto pairs = draw(config, 40);

  EXPECT_EQ(
      std::count_if(
          pairs.begin(),
          pairs.end(),
          [](const Pair& pair) { return pair.key.size() == 1; }),
      26);
}

TEST(PairsTest, StateSomeKeysAgainIfThereAreUpdates) {
  PairsConfig config;
  config.updates = 0.5;
  const auto pairs = draw(config, 100);

  std::set<std::string> keys;
  for (const auto& pair : pairs) {
    keys.insert(pair.key);
  }
  EXPECT_LT(keys.size(), 70);
  EXPECT_GT(keys.size(), 35);
}

TEST(PairsTest, HaveValuesOfTheNamedKind) {
  PairsConfig config;
  config.values = {{"digits", 1.0}};

  for (const auto& pair : draw(config, 20)) {
    EXPECT_EQ(pair.value.find_first_not_of("0123456789"), std::string::npos);
  }
}

TEST(PairsTest, GiveANewKeyThatNoPairHas) {
  PairsConfig config;
  config.key_characters = {1, 1};
  config.similar_keys = 0.9;
  auto pairs = draw(config, 20);
  RandomStream random(1, "key");

  for (int i = 0; i < 100; ++i) {
    const auto key = draw_new_key(pairs, config, random);
    EXPECT_TRUE(std::none_of(pairs.begin(), pairs.end(), [&](const Pair& one) {
      return one.key == key;
    })) << key;
  }
}

TEST(PairsTest, RefuseAMisspelledKindOfValueWithTheRightName) {
  EXPECT_THAT(
      [] {
        read_config<PairsConfig>(
            parse_json(R"({"values": {"digit": 1}})", "t"), "t");
      },
      ThrowsMessage<InputError>(HasSubstr(
          R"(values: unknown name "digit"; did you mean "digits"?)")));
}

TEST(PairsTest, RefuseMorePairsThanThereAreKeys) {
  EXPECT_THAT(
      [] {
        read_config<PairsConfig>(
            parse_json(R"({"key_characters": [1, 1]})", "t"), "t");
      },
      ThrowsMessage<InputError>(HasSubstr("too few for 36 pairs")));
}

} // namespace
} // namespace microfiche::data
