#include "generation/config/generation_config.h"

#include "core/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace microfiche::generation {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

GenerationConfig read(const std::string& text) {
  return read_config<GenerationConfig>(
      parse_json(text, "run.json"), "run.json");
}

void expect_refused(const std::string& text, const std::string& words) {
  EXPECT_THAT([&] { read(text); }, ThrowsMessage<InputError>(HasSubstr(words)));
}

TEST(GenerationConfigTest, IsGreedyByDefault) {
  const auto config = read("{}");

  EXPECT_EQ(config.temperature, 0);
  EXPECT_EQ(config.ngram, 0);
}

TEST(GenerationConfigTest, ReadsWhatItWrote) {
  const auto config = read(
      R"({"ngram": 30, "ngram_window": 90, "ngram_whitelist": [7],
          "temperature": 0.5, "top_p": 0.9, "seed": 3})");

  EXPECT_EQ(
      write_config(read(write_config(config).dump())), write_config(config));
  EXPECT_EQ(config.ngram_whitelist, (std::vector<int64_t>{7}));
}

TEST(GenerationConfigTest, RefusesInvalidValues) {
  expect_refused(R"({"max_new_tokens": 0})", "max_new_tokens");
  expect_refused(R"({"ngram": -1})", "must not be negative");
  expect_refused(R"({"temperature": -0.5})", "temperature");
  expect_refused(R"({"temperature": 1, "top_p": 0})", "top_p");
  expect_refused(R"({"loop_repeats": 1})", "loop_repeats");
}

TEST(GenerationConfigTest, RefusesSettingsWithoutEffect) {
  expect_refused(R"({"ngram_window": 90})", "no effect without ngram");
  expect_refused(
      R"({"ngram": 3, "ngram_whitelist": [1]})",
      "no effect without ngram_window");
  expect_refused(R"({"top_k": 5})", "no effect at temperature 0");
}

} // namespace
} // namespace microfiche::generation
