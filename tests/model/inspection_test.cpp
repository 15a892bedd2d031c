#include "model/inspection.h"

#include "core/error.h"
#include "model/device.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace microfiche::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(InspectionTest, CountsTheParametersOfEachPart) {
  const Json json = inspect(tests::parity_model());

  EXPECT_EQ(json["parts"]["token embedding"]["parameters"], 640 * 64);
  EXPECT_EQ(json["parts"]["projector"]["parameters"], 192 * 64 + 64);
  EXPECT_EQ(json["parts"]["newline and separator"]["tensors"], 2);
  EXPECT_EQ(json["parts"]["routed experts"]["tensors"], 2 * 8 * 3);
  // Keys and values are float32 without instructions for bf16.
  EXPECT_EQ(
      json["memory"]["bf16"]["kv_cache_bytes_per_position"],
      2 * 3 * 64 * (multiplies_bf16(torch::kCPU) ? 2 : 4));
  EXPECT_EQ(json["sha256"].get<std::string>().size(), 64u);
}

TEST(InspectionTest, NamesTheFamily) {
  const Json json = inspect(tests::parity_model());

  EXPECT_EQ(json["family"], "DeepSeek-OCR");
  EXPECT_THAT(inspection_text(json), HasSubstr("family DeepSeek-OCR\n"));
}

TEST(InspectionTest, NeedsOnlyAConfig) {
  const tests::TemporaryFolder folder;
  std::filesystem::copy(tests::parity_model() / "config.json", folder.path());

  const Json bare = inspect(folder.path());

  EXPECT_EQ(bare["kind"], "model folder without weights");
  EXPECT_EQ(
      bare["parts"]["routed experts"],
      inspect(tests::parity_model())["parts"]["routed experts"]);
  EXPECT_GT(bare["memory"]["f32"]["run_bytes"]["tiny"], 0);
  EXPECT_THAT(
      inspection_text(bare),
      AllOf(
          HasSubstr("model folder without weights"),
          HasSubstr("routed experts"),
          HasSubstr("memory in bf16")));
}

TEST(InspectionTest, EstimatesTheMemoryOfEachMode) {
  const Json memory = inspect(tests::parity_model())["memory"]["f32"];

  // The parity model has no modes of its own.
  EXPECT_GT(memory["run_bytes"]["tiny"], memory["weights_bytes"]);
  EXPECT_GT(memory["run_bytes"]["large"], memory["run_bytes"]["tiny"]);
  EXPECT_EQ(memory["run_bytes"].size(), 6u);
}

TEST(InspectionTest, ListsTheTensorsOfAFile) {
  const Json json = inspect(tests::parity_model() / "model.safetensors");

  EXPECT_EQ(json["kind"], "safetensors");
  EXPECT_THAT(inspection_text(json), HasSubstr("lm_head.weight"));
}

TEST(InspectionTest, APathThatDoesNotExistIsNamed) {
  EXPECT_THAT(
      [] { inspect("no/such/model"); },
      ThrowsMessage<InputError>(HasSubstr("no/such/model: no such file")));
}

} // namespace
} // namespace microfiche::model
