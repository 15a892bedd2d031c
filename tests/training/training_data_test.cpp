#include "training/training_data.h"

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

} // namespace
} // namespace microfiche::training
