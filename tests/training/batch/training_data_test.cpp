#include "training/batch/training_data.h"

#include "tests/training/small_training.h"
#include "training/trained_model.h"

#include <gtest/gtest.h>

namespace microfiche::training {
namespace {

TEST(TrainingDataTest, ProvenanceCountsWhatNoFontCanDraw) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  std::string text = "\u4f60";
  for (int i = 0; i < 50; ++i) {
    text += " page " + std::to_string(i);
  }
  write_file(folder.path() / "text" / "training.txt", text);
  const auto trained = make_trained_model(config, torch::kCPU);

  const TrainingData data(config, trained.loaded);

  const auto provenance = data.provenance();
  EXPECT_EQ(provenance["training_text"]["documents"], 1);
  EXPECT_EQ(provenance["training_text"]["dropped_characters"], 1);
  EXPECT_EQ(provenance["held_out_text"]["dropped_characters"], 0);
}

TEST(TrainingDataTest, UsesABatchAgainAfterTheOthersOfItsRound) {
  const tests::TemporaryFolder folder;
  auto config = tests::small_training(folder.path());
  const auto trained = make_trained_model(config, torch::kCPU);
  const auto once = TrainingData(config, trained.loaded).batches(0);
  config.stages[0].uses_per_batch = 3;
  const auto often = TrainingData(config, trained.loaded).batches(0);

  for (const int64_t batch : {0, 5, 63, 64, 70}) {
    const int64_t round = batch / 64;
    for (int64_t use = 0; use < 3; ++use) {
      const auto used = often(round * 192 + use * 64 + batch % 64);
      EXPECT_EQ(used.index, batch);
      EXPECT_EQ(used.pixels, once(batch).pixels);
    }
  }
}

} // namespace
} // namespace microfiche::training
