#include "kernels/int4.h"

#include "kernels/cpu/int4_rounding.h"
#include "kernels/cpu/parallel.h"

#include <torch/torch.h>

#include <algorithm>

namespace microfiche::kernels {
namespace {

// Channels that `quantize_int4` rounds at a time. Larger temporaries would
// fragment the heap.
constexpr int64_t kRoundedChannels = 64;

} // namespace

bool is_int4(const torch::Tensor& weight) {
  return weight.scalar_type() == torch::kInt32;
}

int64_t input_width(const torch::Tensor& weight) {
  return is_int4(weight) ? 8 * weight.size(1) : weight.size(1);
}

bool is_int4_group(int64_t group) {
  return group == 32 || group == 64 || group == 128;
}

bool fits_int4(const torch::Tensor& scale, int64_t out, int64_t in) {
  const int64_t groups = scale.size(-1);
  return (scale.scalar_type() == torch::kBFloat16 ||
          scale.scalar_type() == torch::kFloat32) &&
      (scale.dim() == 2 || (scale.dim() == 3 && scale.size(0) == 2)) &&
      scale.size(-2) == out && groups > 0 && in % groups == 0 &&
      is_int4_group(in / groups);
}

Int4Groups int4_groups(
    const torch::Tensor& weight,
    const torch::Tensor& scale) {
  Int4Groups groups;
  groups.size = input_width(weight) / scale.size(-1);
  groups.is_bf16 = scale.scalar_type() == torch::kBFloat16;
  groups.scale = scale.const_data_ptr();
  if (scale.dim() == 3) {
    groups.zero_point = scale.select(0, 1).const_data_ptr();
  }
  return groups;
}

Int4Weight
quantize_int4(const torch::Tensor& weight, int64_t group, bool zero_points) {
  TORCH_CHECK(
      weight.dim() == 2 && weight.is_floating_point() && is_int4_group(group) &&
          weight.size(1) % group == 0,
      "quantize_int4: expected a weight (out, in) in floating point and groups "
      "of 32, 64 or 128 inputs that divide in, got a weight of ",
      weight.scalar_type(),
      " of shape ",
      weight.sizes(),
      " and groups of ",
      group);
  const int64_t out = weight.size(0);
  const int64_t in = weight.size(1);
  const auto numbers = weight.detach();
  auto packed = torch::empty({out, in / 8}, torch::kInt32);
  auto scale = zero_points
      ? torch::empty({2, out, in / group}, torch::kBFloat16)
      : torch::empty({out, in / group}, torch::kBFloat16);
  auto* scales = static_cast<uint16_t*>(scale.mutable_data_ptr());
  const int64_t groups = out * (in / group);
  for (int64_t begin = 0; begin < out; begin += kRoundedChannels) {
    const int64_t count = std::min(kRoundedChannels, out - begin);
    const auto exact = numbers.narrow(0, begin, count)
                           .to(torch::kCPU, torch::kFloat32)
                           .contiguous();
    parallel_for(0, count, /*grain=*/1, [&](int64_t first, int64_t last) {
      Int4Rounding rounding;
      rounding.from = exact.const_data_ptr<float>() + first * in;
      rounding.count = (last - first) * in;
      rounding.group = group;
      rounding.packed = static_cast<uint8_t*>(packed.mutable_data_ptr()) +
          (begin + first) * (in / 2);
      rounding.scales = scales + (begin + first) * (in / group);
      rounding.zero_points = zero_points ? rounding.scales + groups : nullptr;
      round_to_int4(rounding);
    });
  }
  return {packed.to(weight.device()), scale.to(weight.device())};
}

torch::Tensor unpack_int4(const torch::Tensor& packed) {
  // Little-endian: the first number of a byte is in its lower half.
  const auto bytes = packed.contiguous().view(torch::kUInt8);
  return torch::stack({bytes.bitwise_and(15), bytes.bitwise_right_shift(4)}, -1)
      .flatten(-2)
      .to(torch::kInt8)
      .sub_(8);
}

torch::Tensor pack_int4(const torch::Tensor& numbers) {
  const int64_t rows = numbers.size(0);
  const int64_t words = (numbers.size(1) + 7) / 8;
  auto raised =
      torch::zeros({rows, 8 * words}, numbers.options().dtype(torch::kUInt8));
  raised.narrow(1, 0, numbers.size(1)).copy_(numbers + 8);
  const auto pairs = raised.view({rows, 4 * words, 2});
  return pairs.select(2, 0)
      .bitwise_or(pairs.select(2, 1).bitwise_left_shift(4))
      .contiguous()
      .view(torch::kInt32);
}

torch::Tensor dequantize_int4(
    const torch::Tensor& packed,
    const torch::Tensor& scale,
    torch::Dtype dtype) {
  const bool zero_points = scale.dim() == 3;
  const auto scales = (zero_points ? scale.select(0, 0) : scale)
                          .to(torch::kFloat32)
                          .unsqueeze(2); // (out, groups, 1)
  auto numbers = unpack_int4(packed)
                     .view({packed.size(0), scales.size(1), -1})
                     .to(torch::kFloat32); // (out, groups, group)
  if (zero_points) {
    numbers = numbers - scale.select(0, 1).to(torch::kFloat32).unsqueeze(2);
  }
  return (numbers * scales).flatten(1).to(dtype);
}

} // namespace microfiche::kernels
