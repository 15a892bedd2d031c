#include "model/checkpoint_names.h"

#include "core/files.h"
#include "model/optical_model.h"
#include "tests/model/configs.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace microfiche::model {
namespace {

using ::testing::ElementsAre;

/// Parameters of the published model whose names start with `prefix`.
int64_t published_parameters(const std::string& prefix) {
  int64_t sum = 0;
  for (const auto& spec : checkpoint_tensors(ModelConfig())) {
    if (spec.name.starts_with(prefix)) {
      sum += spec.numel();
    }
  }
  return sum;
}

std::vector<int64_t> published_shape(const std::string& name) {
  for (const auto& spec : checkpoint_tensors(ModelConfig())) {
    if (spec.name == name) {
      return spec.shape;
    }
  }
  return {};
}

TEST(CheckpointNamesTest, ThePublishedModelHas2710Tensors) {
  std::set<std::string> names;
  for (const auto& spec : checkpoint_tensors(ModelConfig())) {
    names.insert(spec.name);
  }

  EXPECT_EQ(names.size(), 2710u);
}

TEST(CheckpointNamesTest, ParametersAddUpToThePublishedSums) {
  EXPECT_EQ(published_parameters(""), 3336106240);
  EXPECT_EQ(published_parameters("model.sam_model."), 95569152);
  EXPECT_EQ(published_parameters("model.sam_model.net_2"), 1179648);
  EXPECT_EQ(published_parameters("model.sam_model.blocks."), 85147136);
  EXPECT_EQ(published_parameters("model.vision_model."), 303177728);
  EXPECT_EQ(published_parameters("model.projector."), 2622720);
  EXPECT_EQ(published_parameters("model.layers.0."), 32852480);
  EXPECT_EQ(published_parameters("model.layers.7."), 233720320);
  EXPECT_EQ(published_parameters("lm_head"), 165478400);
}

/// Name and shape of every tensor that the official code of DeepSeek-OCR 2
/// builds at its published sizes.
std::map<std::string, std::vector<int64_t>> published_v2_tensors() {
  std::map<std::string, std::vector<int64_t>> tensors;
  std::istringstream rows(
      read_file(tests::data_path("parity_v2/published_tensors.csv")));
  std::string row;
  std::getline(rows, row);
  while (std::getline(rows, row)) {
    const size_t comma = row.find(',');
    std::istringstream sizes(row.substr(comma + 1));
    std::string size;
    while (std::getline(sizes, size, 'x')) {
      tensors[row.substr(0, comma)].push_back(std::stoll(size));
    }
  }
  return tensors;
}

TEST(CheckpointNamesTest, DeepSeekOcr2HasThePublishedNamesAndShapes) {
  const auto config = read_model_config(published_v2_config(), "config.json");
  std::map<std::string, std::vector<int64_t>> tensors;
  int64_t parameters = 0;
  for (const auto& spec : checkpoint_tensors(config)) {
    tensors[spec.name] = spec.shape;
    parameters += spec.numel();
    EXPECT_EQ(published_name(our_name(spec.name)), spec.name);
  }

  EXPECT_EQ(tensors.size(), 2707u);
  EXPECT_EQ(parameters, 3389119360);
  EXPECT_EQ(tensors, published_v2_tensors());
}

TEST(CheckpointNamesTest, Int8AppliesToLinearLayersOnly) {
  ModelConfig config;
  config.source["quantization_config"] =
      write_quantization(int8_quantization());
  int64_t layers = 0;
  std::set<std::string> names;
  for (const auto& spec : checkpoint_tensors(config)) {
    layers += spec.content == TensorContent::kInt8 ? 1 : 0;
    names.insert(spec.name);
  }

  // Four per block of the towers and per attention of the decoder, the
  // projector, three of the dense layer, three per expert (64, and the shared
  // ones as one) in eleven layers, and lm_head.
  EXPECT_EQ(layers, 4 * 12 + 4 * 24 + 4 * 12 + 1 + 3 + 3 * 65 * 11 + 1);
  EXPECT_EQ(names.size(), 2710u + layers);
  EXPECT_FALSE(names.contains("model.embed_tokens.weight_scale"));
  EXPECT_FALSE(names.contains("model.layers.3.mlp.gate.weight_scale"));
  EXPECT_EQ(
      our_name("model.layers.3.mlp.experts.5.up_proj.weight_scale"),
      "decoder.layers.3.mlp.experts.5.up_proj.weight_scale");
}

TEST(CheckpointNamesTest, ShapesAreThePublishedOnes) {
  EXPECT_THAT(
      published_shape("model.sam_model.blocks.5.attn.rel_pos_h"),
      ElementsAre(127, 64));
  EXPECT_THAT(
      published_shape("model.sam_model.blocks.6.attn.rel_pos_h"),
      ElementsAre(27, 64));
  EXPECT_THAT(
      published_shape("model.sam_model.net_3.weight"),
      ElementsAre(1024, 512, 3, 3));
  EXPECT_THAT(
      published_shape(
          "model.vision_model.embeddings.position_embedding.weight"),
      ElementsAre(257, 1024));
  EXPECT_THAT(
      published_shape("model.layers.11.mlp.experts.63.down_proj.weight"),
      ElementsAre(1280, 896));
  EXPECT_THAT(
      published_shape("model.layers.3.mlp.shared_experts.gate_proj.weight"),
      ElementsAre(1792, 1280));
}

TEST(CheckpointNamesTest, PublishedNamesConvertToOursAndBack) {
  std::set<std::string> ours;
  for (const auto& spec : checkpoint_tensors(ModelConfig())) {
    const std::string name = our_name(spec.name);
    EXPECT_EQ(published_name(name), spec.name);
    ours.insert(name);
  }

  EXPECT_EQ(ours.size(), 2710u);
}

TEST(CheckpointNamesTest, NamesAndShapesAreThoseOfTheModules) {
  auto config = load_model_config(tests::parity_model() / "config.json");
  config.toolkit.qk_norm = true;
  OpticalModel model(optical_model_options(config));
  std::map<std::string, std::vector<int64_t>> of_modules;
  for (const auto& item : model->named_parameters()) {
    of_modules[published_name(item.key())] = item.value().sizes().vec();
  }

  std::map<std::string, std::vector<int64_t>> of_config;
  for (const auto& spec : checkpoint_tensors(config)) {
    if (!spec.optional) {
      of_config[spec.name] = spec.shape;
    }
  }

  EXPECT_EQ(of_config, of_modules);
}

TEST(CheckpointNamesTest, NamesAndShapesOfDeepSeekOcr2AreThoseOfTheModules) {
  const auto config =
      load_model_config(tests::data_path("parity_v2/model/config.json"));
  OpticalModel model(optical_model_options(config));
  std::map<std::string, std::vector<int64_t>> of_modules;
  for (const auto& item : model->named_parameters()) {
    of_modules[published_name(item.key())] = item.value().sizes().vec();
  }

  std::map<std::string, std::vector<int64_t>> of_config;
  for (const auto& spec : checkpoint_tensors(config)) {
    of_config[spec.name] = spec.shape;
  }

  EXPECT_EQ(of_config, of_modules);
}

TEST(CheckpointNamesTest, IgnoresTheTableOfResavedCopies) {
  EXPECT_TRUE(is_ignored_tensor("model.vision_model.embeddings.position_ids"));
  EXPECT_FALSE(is_ignored_tensor("model.norm.weight"));
}

TEST(CheckpointNamesTest, RefusesANameWithoutACounterpart) {
  EXPECT_THROW(our_name("model.layers.x.input_layernorm.weight"), c10::Error);
  EXPECT_THROW(our_name("model.norm.weight.extra"), c10::Error);
}

} // namespace
} // namespace microfiche::model
