#include "model/memory_estimate.h"
#include "tests/model/loaded_model_fixture.h"
#include "tests/support/parity.h"

// Note [bf16 without instructions for it]: float32 activations and bf16
// matrices. CTest runs these tests twice, also with ATEN_CPU_CAPABILITY=avx2,
// where the products of many rows widen panels of the weights.

namespace microfiche::model {
namespace {

const Placement kPlacement{
    torch::kCPU,
    torch::kFloat32,
    WeightFormat::kFloat,
    /*bf16_matrices=*/true};

class Bf16MatricesTest : public LoadedModelTest {};

/// The model with its weights rounded to bf16, in float32.
LoadedModel load_rounded(const std::filesystem::path& folder) {
  auto loaded = load_model(folder);
  for (auto& parameter : loaded.model->parameters()) {
    parameter.set_data(parameter.to(torch::kBFloat16).to(torch::kFloat32));
  }
  return loaded;
}

TEST_F(Bf16MatricesTest, OnlyMatricesStayInBf16) {
  const auto loaded = load_model(folder.path(), kPlacement);

  int64_t matrices = 0;
  for (const auto& item : loaded.model->named_parameters()) {
    const auto& name = item.key();
    const bool is_matrix = item.value().dim() == 2 &&
        (name.ends_with("_proj.weight") || name.ends_with("lm_head.weight") ||
         name.ends_with("token_embedding.weight"));
    if (is_matrix) {
      EXPECT_EQ(item.value().scalar_type(), torch::kBFloat16) << name;
      ++matrices;
    }
    if (item.value().dim() != 2) {
      EXPECT_EQ(item.value().scalar_type(), torch::kFloat32) << name;
    }
  }
  // Two layers of four projections, three matrices of the dense mlp, of four
  // experts and of the shared one, the embedding and the head.
  EXPECT_GE(matrices, 8 + 3 + 12 + 3 + 2);
  EXPECT_EQ(dtype_name(loaded.placement), "bf16");
  EXPECT_EQ(
      weights_bytes(loaded.config, kPlacement),
      weights_bytes(loaded.config, {torch::kCPU, torch::kBFloat16}));
}

TEST_F(Bf16MatricesTest, TheOutputIsThatOfTheWidenedWeights) {
  for (const auto& model : {folder.path(), tests::nano_model()}) {
    const auto expected = outputs(load_rounded(model));

    const auto actual = outputs(load_model(model, kPlacement));

    // Float32 sums in another order.
    EXPECT_LT(tests::relative_error(actual, expected), 2e-5) << model;
  }
}

TEST_F(Bf16MatricesTest, EveryStageMatchesThePublishedEncoder) {
  const tests::ParityFile golden("encoder.safetensors");
  auto loaded = load_model(tests::parity_model(), kPlacement);
  const torch::InferenceMode inference;
  for (const std::string side : {"256", "512"}) {
    const auto stages = loaded.model->encoder->stages(
        tests::parity_pixels("parity/images/" + side + ".png"));

    // Only the weights are rounded, by a relative 2^-9 each, so the bound is
    // half of that of DeepEncoderTest.Bfloat16IsCloseToFloat32.
    EXPECT_LT(tests::relative_error(stages.sam, golden["sam." + side]), 2e-2);
    EXPECT_LT(
        tests::relative_error(stages.second, golden["clip." + side]), 2e-2);
    EXPECT_LT(
        tests::relative_error(stages.tokens, golden["tokens." + side]), 2e-2);
  }
}

TEST_F(Bf16MatricesTest, LogitsMatchTheReference) {
  const tests::ParityFile golden("decoder.safetensors");
  auto loaded = load_model(tests::parity_model(), kPlacement);
  const torch::InferenceMode inference;
  auto& decoder = loaded.model->decoder;

  const auto logits =
      decoder->logits(decoder->forward(golden["inputs_embeds"]));

  // As in DecoderTest.Bfloat16IsCloseToFloat32, whose bound is 3e-2.
  const auto error = (logits - golden["embeds_logits"]).abs().mean() /
      golden["embeds_logits"].abs().mean();
  EXPECT_LT(error.item<double>(), 1.5e-2);
}

TEST_F(Bf16MatricesTest, Int8WeightsAreThoseOfAFileReadInFloat32) {
  const Placement in_f32{torch::kCPU, torch::kFloat32, WeightFormat::kInt8};
  auto in_bf16 = in_f32;
  in_bf16.bf16_matrices = true;
  const auto expected = load_model(tests::nano_model(), in_f32);

  const auto actual = load_model(tests::nano_model(), in_bf16);

  const auto parameters = expected.model->named_parameters();
  int64_t int8_matrices = 0;
  for (const auto& item : actual.model->named_parameters()) {
    if (item.value().scalar_type() == torch::kInt8) {
      EXPECT_TRUE(torch::equal(item.value(), parameters[item.key()]))
          << item.key();
      ++int8_matrices;
    }
  }
  EXPECT_GT(int8_matrices, 40);
  // The embedding, half as large, is all that stays in bf16.
  EXPECT_LT(
      weights_bytes(actual.config, in_bf16),
      weights_bytes(actual.config, in_f32));
  EXPECT_LT(tests::relative_error(outputs(actual), outputs(expected)), 2e-5);
}

TEST_F(Bf16MatricesTest, SavesTheWeightsOfTheFile) {
  tests::TemporaryFolder rounded;
  save_model(
      load_model(folder.path()),
      rounded.path(),
      torch::kBFloat16,
      tests::byte_tokenizer());
  const auto loaded = load_model(rounded.path(), kPlacement);
  tests::TemporaryFolder copy;

  save_model(
      loaded,
      copy.path(),
      weights_dtype(loaded.placement),
      tests::byte_tokenizer());

  const auto expected = read_tensors(rounded.path());
  for (const auto& [name, tensor] : read_tensors(copy.path())) {
    EXPECT_EQ(tensor.scalar_type(), torch::kBFloat16) << name;
    EXPECT_TRUE(torch::equal(tensor, expected.at(name))) << name;
  }
}

} // namespace
} // namespace microfiche::model
