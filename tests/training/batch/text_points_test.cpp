#include "training/batch/text_points.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

using text_compression::Method;

// Two squares of 16 px along a side, each with 2 x 2 cells of 8 px.
constexpr VectorLayout kLayout{2, 16, 2};

TEST(TextPointsTest, IdsOfAVectorFillItsCellsRowByRow) {
  const std::vector<std::vector<int64_t>> answers = {
      std::vector<int64_t>(17, 1)};

  const auto points =
      points_of_texts({.method = Method::kMeanPooling}, answers, kLayout);

  // Four ids per vector: the first vector's, and the first of the last one.
  EXPECT_TRUE(torch::equal(
      points[0].narrow(0, 0, 4),
      torch::tensor(
          {{4., 4.}, {12., 4.}, {4., 12.}, {12., 12.}}, torch::kFloat32)));
  EXPECT_TRUE(
      torch::equal(points[0][12], torch::tensor({20., 20.}, torch::kFloat32)));
}

TEST(TextPointsTest, AVectorOfTwoSquaresFillsOneAfterTheOther) {
  const std::vector<std::vector<int64_t>> answers = {
      std::vector<int64_t>(17, 1)};
  auto layout = kLayout;
  layout.squares_per_vector = 2;

  const auto points =
      points_of_texts({.method = Method::kMeanPooling}, answers, layout);

  // Eight ids per vector, which is a row of two squares.
  EXPECT_TRUE(torch::equal(
      points[0].narrow(0, 2, 4),
      torch::tensor(
          {{4., 12.}, {12., 12.}, {20., 4.}, {28., 4.}}, torch::kFloat32)));
  EXPECT_TRUE(
      torch::equal(points[0][8], torch::tensor({4., 20.}, torch::kFloat32)));
}

TEST(TextPointsTest, TruncatedIdsAndPaddingHaveNoPoint) {
  const std::vector<std::vector<int64_t>> answers = {
      std::vector<int64_t>(3, 1), std::vector<int64_t>(7, 1)};

  const auto points =
      points_of_texts({.method = Method::kTruncationFirst}, answers, kLayout);

  EXPECT_TRUE(
      torch::equal(points.select(2, 0).ge(0).sum(1), torch::tensor({2, 4})));
}

} // namespace
} // namespace microfiche::training
