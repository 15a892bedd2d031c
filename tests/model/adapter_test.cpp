#include "model/adapter.h"

#include "core/error.h"
#include "core/json.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace microfiche::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// An adapter for the shipped model, untrained, saved by PEFT with PiSSA.
fs::path pissa() {
  return tests::data_path("cases/adapters/pissa");
}

void load_into_nano(const fs::path& adapter) {
  static const auto config =
      load_model_config(tests::nano_model() / "config.json");
  OpticalModel model(optical_model_options(config));
  load_adapter(model, adapter);
}

/// The PiSSA adapter with one field of its config changed.
class ChangedAdapterTest : public ::testing::Test {
 protected:
  void load(const std::string& field, const Json& value) {
    const std::string weights = "adapter_model.safetensors";
    fs::copy_file(
        pissa() / weights,
        folder.path() / weights,
        fs::copy_options::overwrite_existing);
    Json config = read_json_file(pissa() / "adapter_config.json");
    config["init_lora_weights"] = true;
    config[field] = value;
    write_json_file(folder.path() / "adapter_config.json", config);
    load_into_nano(folder.path());
  }

  tests::TemporaryFolder folder;
};

TEST_F(ChangedAdapterTest, TheGivenPissaAdapterIsRefused) {
  EXPECT_THAT(
      [] { load_into_nano(pissa()); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("adapter_config.json: init_lora_weights: \"pissa\" changes "
                    "the weights of the base model"),
          HasSubstr("path_initial_model_for_weight_conversion"))));
}

TEST_F(ChangedAdapterTest, InitializationsThatChangeTheBaseAreRefused) {
  for (const std::string value :
       {"pissa_niter_16", "olora", "corda", "loftq", "lora_ga", "of_2030"}) {
    EXPECT_THAT(
        [&] { load("init_lora_weights", value); },
        ThrowsMessage<InputError>(HasSubstr("\"" + value + "\" changes")));
  }
}

TEST_F(ChangedAdapterTest, InitializationsOfTheAdapterAloneAreAccepted) {
  for (const Json& value :
       {Json(true), Json(false), Json("gaussian"), Json("eva"), Json()}) {
    EXPECT_NO_THROW(load("init_lora_weights", value)) << value;
  }
}

TEST_F(ChangedAdapterTest, FeaturesThatChangeTheResultAreRefused) {
  EXPECT_THAT(
      [&] {
        load("alora_invocation_tokens", {1, 2});
      },
      ThrowsMessage<InputError>(HasSubstr("alora_invocation_tokens: not")));
  EXPECT_THAT(
      [&] { load("use_bdlora", true); },
      ThrowsMessage<InputError>(HasSubstr("use_bdlora: not supported")));
}

} // namespace
} // namespace microfiche::model
