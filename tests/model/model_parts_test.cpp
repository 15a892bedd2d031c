#include "model/model_parts.h"

#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::model {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const TensorTotals& part(const ModelParts& parts, const std::string& name) {
  for (const auto& [part, totals] : parts.parts) {
    if (part == name) {
      return totals;
    }
  }
  throw std::out_of_range(name);
}

TEST(ModelPartsTest, CountsTheShippedModel) {
  const auto parts =
      count_parts(checkpoint::Checkpoint::open(tests::nano_model()));

  EXPECT_EQ(parts.all.parameters, 8'580'032);
  EXPECT_EQ(parts.all.bytes, 2 * parts.all.parameters);
  EXPECT_EQ(part(parts, "projector").parameters, 512 * 256 + 256);
}

TEST(ModelPartsTest, AConfigAloneGivesTheSameCounts) {
  const auto folder = tests::nano_model();
  const auto expected = count_parts(checkpoint::Checkpoint::open(folder));
  const auto counted = count_parts(load_model_config(folder / "config.json"));

  ASSERT_EQ(counted.parts.size(), expected.parts.size());
  for (size_t i = 0; i < counted.parts.size(); ++i) {
    EXPECT_EQ(counted.parts[i].first, expected.parts[i].first);
    EXPECT_EQ(
        counted.parts[i].second.parameters, expected.parts[i].second.parameters)
        << counted.parts[i].first;
  }
}

TEST(ModelPartsTest, AConfigAloneOmitsTheUnusedPatchEmbedding) {
  const auto folder = tests::parity_model();
  const auto checkpoint = checkpoint::Checkpoint::open(folder);
  const auto unused =
      checkpoint.find("model.vision_model.embeddings.patch_embedding.weight");
  const auto counted = count_parts(load_model_config(folder / "config.json"));

  EXPECT_EQ(
      counted.all.parameters,
      count_parts(checkpoint).all.parameters - unused->info.numel());
}

TEST(ModelPartsTest, ThePublishedSizesHaveThreeBillionParameters) {
  ModelConfig config;
  config.source["dtype"] = "bfloat16";

  const auto parts = count_parts(config);

  EXPECT_EQ(parts.all.bytes, 2 * parts.all.parameters);
  EXPECT_NEAR(static_cast<double>(parts.all.parameters), 3.3e9, 0.1e9);
  EXPECT_THAT(part(parts, "SAM").dtypes, ElementsAre(Pair("BF16", 177)));
}

} // namespace
} // namespace microfiche::model
