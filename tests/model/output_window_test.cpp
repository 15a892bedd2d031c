#include "model/output_window.h"

#include "tests/model/configs.h"

namespace microfiche::model {
namespace {

TEST(OutputWindowTest, TheOlderNameOfTheWindowIsReadForUnlimitedOcr) {
  Json json = unlimited_config();
  json.erase("sliding_window_size");
  json["language_config"].erase("sliding_window_size");
  EXPECT_EQ(
      read_model_config(json, "config.json").language.sliding_window_size, 8);

  json.erase("sliding_window");
  expect_not_run(
      json, "language_config.sliding_window_size: expected a whole number");
}

TEST(OutputWindowTest, TwoWindowsMustAgree) {
  Json json = unlimited_config();
  json["sliding_window"] = 128;

  expect_not_run(
      json, "sliding_window is 128 but config.json: sliding_window_size is 8");
}

TEST(OutputWindowTest, AnyModelMayHaveAWindowOfItsOwnOutput) {
  auto config = read_model_config(
      config_with({"language_config.sliding_window_size=64"}), "config.json");
  EXPECT_EQ(config.language.sliding_window_size, 64);

  config.language.sliding_window_size = 32;
  const auto again =
      read_model_config(write_model_config(config), "config.json");

  EXPECT_EQ(again.language.sliding_window_size, 32);
  EXPECT_EQ(again.family().name, "DeepSeek-OCR");
}

TEST(OutputWindowTest, RefusesAWindowThatIsNoPositiveNumber) {
  for (const std::string value : {"0", "-1", "\"8\"", "1.5"}) {
    expect_not_run(
        config_with({"sliding_window_size=" + value}),
        "sliding_window_size: expected a whole number from 1");
  }
}

TEST(OutputWindowTest, RefusesAnOrdinarySlidingWindow) {
  expect_not_run(
      config_with({"language_config.sliding_window=128"}),
      "language_config: sliding_window: DeepSeek-OCR has no such window, got "
      "128");
}

} // namespace
} // namespace microfiche::model
