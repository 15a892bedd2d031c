#include "tests/model/loaded_model_fixture.h"

#include "checkpoint/safetensors.h"
#include "core/files.h"
#include "layers/linear.h"
#include "model/checkpoint_names.h"
#include "model/int4_preset.h"
#include "model/int4_tensors.h"

namespace microfiche::model {
namespace {

const Placement kInt4{torch::kCPU, torch::kFloat32, WeightFormat::kInt4};

/// A layer of the tiny model with 32 inputs.
const std::string kLayer = "model.layers.0.self_attn.q_proj";

/// The linear layer of that published name.
layers::LinearImpl* linear_of(
    const LoadedModel& loaded,
    const std::string& layer) {
  for (const auto& item : loaded.model->named_modules()) {
    if (item.key() == our_name(layer)) {
      return item.value()->as<layers::Linear>();
    }
  }
  return nullptr;
}

class LoadedModelInt4Test : public LoadedModelTest {
 protected:
  LoadedModelInt4Test() {
    save_model(
        load_model(folder.path(), kInt4), folder.path(), torch::kFloat32, "");
  }
};

TEST_F(LoadedModelTest, Int4ChangesTheOutputLittle) {
  const auto exact = load_model(tests::nano_model());

  const auto rounded = load_model(tests::nano_model(), kInt4);

  EXPECT_EQ(dtype_name(rounded.placement), "int4");
  const auto similarity =
      torch::cosine_similarity(outputs(rounded), outputs(exact), /*dim=*/0);
  EXPECT_GT(similarity.item<double>(), 0.95);
  EXPECT_LT(similarity.item<double>(), 0.9999);
}

TEST_F(LoadedModelTest, AnInt4FolderEqualsTheQuantizedModel) {
  for (const bool zero_points : {false, true}) {
    auto rounded = load_model(folder.path());
    Int4Options options;
    options.zero_points = zero_points;
    rounded.quantization = int4_quantization(rounded.config, options);
    quantize_linear_layers(rounded.model, rounded.quantization);
    rounded.placement.weights = WeightFormat::kInt4;
    tests::TemporaryFolder copy;

    save_model(rounded, copy.path(), torch::kFloat32, tests::byte_tokenizer());

    const auto loaded = load_model(copy.path());
    EXPECT_EQ(loaded.placement.weights, WeightFormat::kInt4);
    EXPECT_TRUE(torch::equal(outputs(loaded), outputs(rounded)));
    EXPECT_EQ(
        read_tensors(copy.path()).contains(kLayer + ".weight_zero_point"),
        zero_points);
  }
}

TEST_F(LoadedModelTest, ReadsWhatCompressedTensorsWrites) {
  // Made by tests/oracles/make_int4_goldens: three layers of the tiny model.
  const auto goldens = tests::data_path("int4");
  const auto golden = read_tensors(goldens);
  const auto expected =
      checkpoint::SafetensorsFile(goldens / "expected.safetensors");
  change([&](Tensors& tensors) {
    for (const auto& info : expected.tensors()) {
      tensors.erase(info.name + std::string(kWeightEnding));
    }
    tensors.insert(golden.begin(), golden.end());
  });
  Json config = read_json_file(folder.path() / "config.json");
  config["quantization_config"] =
      read_json_file(goldens / "config.json")["quantization_config"];
  write_json_file(folder.path() / "config.json", config);

  const auto loaded = load_model(folder.path());

  EXPECT_EQ(loaded.placement.weights, WeightFormat::kInt4);
  for (const auto& info : expected.tensors()) {
    const auto weight = view_tensor({info, expected.bytes(info)});
    const auto layer = linear_of(loaded, info.name);
    // x = identity gives the weight.
    const torch::InferenceMode inference;
    const auto actual =
        layer->forward(torch::eye(weight.size(1))).t().contiguous();
    // The package rounds the weight to the dtype of its scales, and our kernel
    // sums zeros in float32.
    const double bound =
        golden.at(info.name + ".weight_scale").scalar_type() == torch::kBFloat16
        ? 4e-3
        : 1e-6;
    EXPECT_LE(
        (actual - weight).abs().max().item<double>(),
        bound * weight.abs().max().item<double>())
        << info.name;
  }
}

TEST_F(LoadedModelTest, SavesTheTensorsThatCompressedTensorsWrites) {
  const auto golden = std::make_shared<const checkpoint::Checkpoint>(
      checkpoint::Checkpoint::open(tests::data_path("int4")));
  const std::string layers[] = {kLayer, "model.layers.1.mlp.experts.2.up_proj"};
  for (const auto& layer : layers) {
    for (const auto& [name, tensor] :
         int4_tensors(layer, read_int4(golden, layer))) {
      const auto found = golden->find(name);
      ASSERT_TRUE(found.has_value()) << name;
      EXPECT_TRUE(torch::equal(tensor, view_tensor(*found))) << name;
    }
  }
}

TEST_F(LoadedModelInt4Test, OtherDtypesOfTheWeightsAreRefused) {
  EXPECT_THAT(
      [&] {
        load_model(
            folder.path(), {torch::kCPU, torch::kFloat32, WeightFormat::kInt8});
      },
      ::testing::ThrowsMessage<InputError>(
          ::testing::HasSubstr("its weights are int4 and cannot become int8")));
}

TEST_F(LoadedModelInt4Test, DamagedTensorsAreRefusedByName) {
  const auto change_one = [&](const char* ending, const torch::Tensor& tensor) {
    change([&](Tensors& tensors) { tensors[kLayer + ending] = tensor; });
  };
  change_one(".weight_shape", torch::tensor({32, 40}, torch::kInt64));
  expect_refused(kLayer + ".weight_shape: expected the numbers [32, 32]");

  change_one(".weight_shape", torch::tensor({32, 32}, torch::kInt64));
  change_one(".weight_scale", torch::ones({32, 2}));
  expect_refused(kLayer + ".weight_scale: expected [32, 1]");

  change_one(".weight_scale", torch::ones({32, 1}, torch::kInt8));
  expect_refused(kLayer + ".weight_scale: I8");

  change([&](Tensors& tensors) { tensors.erase(kLayer + ".weight_scale"); });
  expect_refused("missing (1):\n    " + kLayer + ".weight_scale");

  change_one(".weight_scale", torch::ones({32, 1}));
  change_one(".weight_g_idx", torch::zeros({32}, torch::kInt32));
  expect_refused("unexpected (1):\n    " + kLayer + ".weight_g_idx");
}

TEST_F(LoadedModelInt4Test, GroupsThatDoNotDivideALayerAreRefused) {
  Json config = read_json_file(folder.path() / "config.json");
  auto& groups = config["quantization_config"]["config_groups"];
  groups["group_0"]["weights"]["group_size"] = 64;
  write_json_file(folder.path() / "config.json", config);

  expect_refused("inputs, which are not whole groups of 64");
}

} // namespace
} // namespace microfiche::model
