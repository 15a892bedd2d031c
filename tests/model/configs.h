#pragma once

#include "core/config.h"
#include "core/error.h"
#include "model/model_config.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace microfiche::model {

inline Json parity_config() {
  return read_json_file(tests::parity_model() / "config.json");
}

/// The parity config with some fields set.
inline Json config_with(const std::vector<std::string>& assignments) {
  Json json = parity_config();
  for (const auto& assignment : assignments) {
    apply_override(json, assignment);
  }
  return json;
}

/// Expects that reading the config fails with these words.
inline void expect_not_run(const Json& json, const std::string& words) {
  EXPECT_THAT(
      [&] { read_model_config(json, "config.json"); },
      ::testing::ThrowsMessage<InputError>(::testing::AllOf(
          ::testing::HasSubstr("config.json: "), ::testing::HasSubstr(words))));
}

inline Json unlimited_config() {
  return read_json_file(tests::data_path("parity_unlimited/model/config.json"));
}

/// The config of DeepSeek-OCR 2 as published.
inline Json published_v2_config() {
  return read_json_file(tests::data_path("parity_v2/published_config.json"));
}

} // namespace microfiche::model
