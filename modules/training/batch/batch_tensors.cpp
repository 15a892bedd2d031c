#include "training/batch/batch_tensors.h"

#include "encoder/normalize_pixels.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

namespace microfiche::training {
namespace {

/// The answers without their padding.
std::vector<std::vector<int64_t>> split_answers(const data::PageBatch& batch) {
  std::vector<std::vector<int64_t>> answers;
  for (int64_t row = 0; row < batch.rows(); ++row) {
    const auto begin = batch.answers.begin() + row * batch.longest;
    const auto end =
        std::find(begin, begin + batch.longest, data::PageBatch::kPadding);
    answers.emplace_back(begin, end);
  }
  return answers;
}

/// What is given of each answer, without padding.
std::vector<std::vector<uint8_t>> split_given(
    const data::PageBatch& batch,
    const std::vector<std::vector<int64_t>>& answers) {
  std::vector<std::vector<uint8_t>> given;
  for (size_t row = 0; row < answers.size() && !batch.given.empty(); ++row) {
    const auto begin =
        batch.given.begin() + static_cast<std::ptrdiff_t>(row) * batch.longest;
    given.emplace_back(
        begin, begin + static_cast<std::ptrdiff_t>(answers[row].size()));
  }
  return given;
}

} // namespace

BatchTensors to_device(
    const data::PageBatch& batch,
    const torch::TensorOptions& like) {
  const torch::Device device = like.device();
  const auto copy = [&](const void* data,
                        torch::IntArrayRef shape,
                        torch::Dtype dtype) {
    // from_blob does not write, and the result is a copy.
    const auto host = torch::from_blob(const_cast<void*>(data), shape, dtype);
    return device.is_cuda()
        ? host.pin_memory().to(device, /*non_blocking=*/true)
        : host.clone();
  };
  BatchTensors tensors;
  tensors.index = batch.index;
  tensors.mode = batch.mode;
  tensors.characters_per_token = batch.characters_per_token;
  const auto pixels_of = [&](const std::vector<uint8_t>& pixels, int64_t side) {
    const auto bytes = copy(
        pixels.data(),
        {batch.pages, batch.channels, side, side},
        torch::kUInt8);
    return encoder::normalize_pixels(bytes, like).expand({-1, 3, -1, -1});
  };
  tensors.pixels = pixels_of(batch.pixels, batch.side_px);
  for (const auto& group : batch.earlier_pages) {
    tensors.earlier_pixels.push_back(pixels_of(group.pixels, group.side_px));
  }
  tensors.page_rows = batch.page_rows;
  if (batch.page_rows.empty() && batch.pages > 0) {
    tensors.page_rows.resize(batch.pages);
    std::iota(tensors.page_rows.begin(), tensors.page_rows.end(), int64_t{0});
  }
  tensors.prompts = batch.prompts;
  tensors.answers = split_answers(batch);
  tensors.given = split_given(batch, tensors.answers);
  if (!batch.answer_points.empty()) {
    tensors.answer_points = copy(
        batch.answer_points.data(),
        {batch.rows(), batch.longest, 2},
        torch::kFloat32);
  }
  if (!batch.answer_pages.empty()) {
    tensors.answer_pages = copy(
        batch.answer_pages.data(),
        {batch.rows(), batch.longest},
        torch::kInt64);
  }
  const int64_t points = static_cast<int64_t>(batch.point_labels.size()) /
      std::max<int64_t>(batch.pages, 1);
  if (points > 0) {
    tensors.points =
        copy(batch.points.data(), {batch.pages, points, 2}, torch::kFloat32);
    tensors.point_labels =
        copy(batch.point_labels.data(), {batch.pages, points}, torch::kInt64);
  }
  return tensors;
}

} // namespace microfiche::training
