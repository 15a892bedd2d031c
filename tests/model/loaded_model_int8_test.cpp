#include "tests/model/loaded_model_fixture.h"

#include "core/files.h"

namespace microfiche::model {
namespace {

TEST_F(LoadedModelTest, Int8HardlyChangesTheOutput) {
  const auto exact = load_model(tests::nano_model());

  const auto rounded = load_model(
      tests::nano_model(), {torch::kCPU, torch::kFloat32, WeightFormat::kInt8});

  EXPECT_EQ(
      rounded.model->decoder->lm_head->weight.scalar_type(), torch::kInt8);
  EXPECT_EQ(dtype_name(rounded.placement), "int8");
  const auto similarity =
      torch::cosine_similarity(outputs(rounded), outputs(exact), /*dim=*/0);
  EXPECT_GT(similarity.item<double>(), 0.999);
  EXPECT_LT(similarity.item<double>(), 0.999999);
}

TEST_F(LoadedModelTest, AnInt8FolderEqualsTheQuantizedModel) {
  const auto rounded = load_model(
      folder.path(), {torch::kCPU, torch::kFloat32, WeightFormat::kInt8});
  tests::TemporaryFolder copy;

  save_model(rounded, copy.path(), torch::kFloat32, tests::byte_tokenizer());

  const auto tensors = read_tensors(copy.path());
  EXPECT_EQ(tensors.at("lm_head.weight").scalar_type(), torch::kInt8);
  EXPECT_EQ(
      tensors.at("lm_head.weight_scale").sizes(),
      (std::vector<int64_t>{tensors.at("lm_head.weight").size(0), 1}));
  const auto loaded = load_model(copy.path());
  EXPECT_EQ(loaded.placement.weights, WeightFormat::kInt8);
  EXPECT_TRUE(torch::equal(outputs(loaded), outputs(rounded)));
}

TEST_F(LoadedModelTest, FloatWeightsFromAnInt8ConfigAreSavedAsFloats) {
  Json config = tests::tiny_config();
  config["quantization_config"] = write_quantization(int8_quantization());
  const auto fresh = make_model(
      read_model_config(config, "config.json"), tests::byte_tokenizer());
  tests::TemporaryFolder copy;

  save_model(fresh, copy.path(), torch::kFloat32, tests::byte_tokenizer());

  EXPECT_EQ(load_model(copy.path()).placement.weights, WeightFormat::kFloat);
}

TEST_F(LoadedModelTest, AnotherQuantizationIsRefused) {
  Json config = read_json_file(folder.path() / "config.json");
  config["quantization_config"] = {{"quant_method", "gptq"}};
  write_json_file(folder.path() / "config.json", config);

  expect_refused("quantization_config: quant_method: expected");
}

} // namespace
} // namespace microfiche::model
