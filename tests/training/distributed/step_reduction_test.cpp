#include "training/distributed/step_reduction.h"

#include "tests/training/distributed/processes.h"
#include "tests/training/small_training.h"
#include "training/batch/training_data.h"
#include "training/loss/loss.h"
#include "training/trained_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace microfiche::training {
namespace {

constexpr const char* kStepReductionFolder = "MICROFICHE_STEP_REDUCTION";
constexpr int64_t kBatches = 6;

/// A model with the gradients of its first step of `kBatches`, those of one
/// process or of all in `group`.
TrainedModel with_gradients(const TrainingConfig& config, ProcessGroup* group) {
  auto trained = make_trained_model(config, torch::kCPU);
  trained.loaded.model->train();
  const TrainingData data(config, trained.loaded);
  const auto make_batch = data.batches(/*stage=*/1);
  LossFunction loss(trained.loaded, trained.heads);
  StepRecord record;
  const int64_t own = group == nullptr ? 0 : group->rank();
  const int64_t processes = group == nullptr ? 1 : group->size();
  for (int64_t i = own; i < kBatches; i += processes) {
    const auto losses =
        loss(to_device(make_batch(i), torch::kFloat32), {{"balance", 0.01}});
    (losses.total / static_cast<double>(kBatches)).backward();
    record.scalars = losses.scalars;
  }
  if (group != nullptr) {
    all_reduce_step(*group, trained.parameters, record, {});
  }
  return trained;
}

TEST(StepReductionWorker, DISABLED_ComparesGradients) {
  const auto config = tests::small_training(std::getenv(kStepReductionFolder));
  ProcessGroup group(rank_info_from_environment().value(), torch::kCPU);

  const auto alone = with_gradients(config, nullptr);
  const auto together = with_gradients(config, &group);

  int64_t compared = 0;
  for (size_t i = 0; i < alone.parameters.size(); ++i) {
    const auto& name = alone.parameters[i].name;
    const auto expected = alone.parameters[i].tensor.grad();
    const auto actual = together.parameters[i].tensor.grad();
    ASSERT_EQ(actual.defined(), expected.defined()) << name;
    if (expected.defined()) {
      // The same sums in another order.
      EXPECT_LE(
          (actual - expected).norm().item<double>(),
          1e-5 * expected.norm().item<double>())
          << name;
      ++compared;
    }
  }
  // Heads without a loss have none.
  EXPECT_GT(compared, 0);
  EXPECT_LT(compared, static_cast<int64_t>(alone.parameters.size()));
}

class StepReductionTest : public ::testing::TestWithParam<int64_t> {};

TEST_P(StepReductionTest, GradientsOfSeveralProcessesAreThoseOfOne) {
  const tests::TemporaryFolder folder;
  setenv(kStepReductionFolder, folder.path().c_str(), 1);
  tests::small_training(folder.path());

  EXPECT_THAT(
      tests::run_processes(
          "StepReductionWorker.DISABLED_ComparesGradients", GetParam()),
      ::testing::Each(0));
  unsetenv(kStepReductionFolder);
}

INSTANTIATE_TEST_SUITE_P(Processes, StepReductionTest, ::testing::Values(2, 3));

} // namespace
} // namespace microfiche::training
