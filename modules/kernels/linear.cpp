#include "kernels/linear.h"

#include "kernels/cpu/linear.h"
#include "kernels/cpu/parallel.h"
#include "kernels/gradient.h"
#include "kernels/int4.h"
#include "kernels/reference_kernels.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <vector>

// M = rows of x.

namespace microfiche::kernels {
namespace {

// Weights per chunk, for few rows. A chunk is what a thread takes at a time.
constexpr int64_t kWeightsPerChunk = 1 << 16;

// Channels per chunk and rows per tile, for many float32 rows. The weights and
// the sums of both stay in the second-level cache.
constexpr int64_t kChannelsPerManyRows = 128;
constexpr int64_t kManyRows = 384;

// Multiplications per chunk of few float32 rows, about 10 us of work.
constexpr int64_t kProductsPerChunk = 1 << 19;

void check_linear(const LinearCall& call) {
  const auto& [x, weight, bias, scale, out] = call;
  const int64_t in = weight.dim() == 2 ? input_width(weight) : 0;
  TORCH_CHECK(
      weight.dim() == 2 && x.dim() >= 1 && x.size(-1) == in,
      "linear: expected x of shape (..., ",
      in,
      "), got ",
      x.sizes());
  TORCH_CHECK(
      scale.defined() ==
          (weight.scalar_type() == torch::kInt8 || is_int4(weight)),
      "linear: expected scales for an int8 or int4 weight and for no other, got "
      "a weight of ",
      weight.scalar_type(),
      scale.defined() ? " with" : " without",
      " scales");
  TORCH_CHECK(
      !is_int4(weight) || fits_int4(scale, weight.size(0), in),
      "linear: expected scales of int4 groups for ",
      weight.size(0),
      " channels of ",
      in,
      " inputs, got ",
      scale.scalar_type(),
      " of shape ",
      scale.sizes());
  TORCH_CHECK(
      !out.defined() ||
          (out.is_contiguous() && out.scalar_type() == x.scalar_type() &&
           out.numel() * x.size(-1) == x.numel() * weight.size(0)),
      "linear: expected a contiguous out for ",
      x.numel() / x.size(-1),
      " rows of ",
      weight.size(0),
      ", got ",
      out.sizes());
}

WeightType type_of(const torch::Tensor& weight) {
  switch (weight.scalar_type()) {
    case torch::kFloat32:
      return WeightType::kFloat32;
    case torch::kInt8:
      return WeightType::kInt8;
    case torch::kInt32:
      return WeightType::kInt4;
    default:
      return WeightType::kBFloat16;
  }
}

int64_t max_kernel_rows(torch::Dtype dtype, const torch::Tensor& weight) {
  const auto type = type_of(weight);
  // In float32, int4 weights are multiplied as float32.
  return type == WeightType::kFloat32 ||
          (type == WeightType::kInt4 && dtype == torch::kFloat32)
      ? max_linear_cpu_f32_rows()
      : max_linear_cpu_rows(dtype == torch::kBFloat16, type);
}

bool has_cpu_kernel(const LinearCall& call) {
  const auto& [x, weight, bias, scale, out] = call;
  static const bool enabled = !runs_reference("linear");
  const auto dtype = x.scalar_type();
  if (!enabled || !x.is_cpu() || !weight.is_cpu() || needs_grad({x, weight}) ||
      x.numel() == 0 || !weight.is_contiguous() ||
      (bias.defined() && !bias.is_contiguous()) ||
      (dtype != torch::kFloat32 && dtype != torch::kBFloat16)) {
    return false;
  }
  const auto weight_dtype = weight.scalar_type();
  const bool fits = weight_dtype == torch::kInt8 ||
      weight_dtype == torch::kBFloat16 ||
      (is_int4(weight) && scale.is_contiguous()) ||
      (weight_dtype == torch::kFloat32 && dtype == torch::kFloat32);
  return fits && x.numel() / x.size(-1) <= max_kernel_rows(dtype, weight);
}

torch::Tensor make_output(const LinearCall& call) {
  if (call.out.defined()) {
    return call.out;
  }
  auto shape = call.x.sizes().vec();
  shape.back() = call.weight.size(0);
  return torch::empty(shape, call.x.options());
}

// The product in raw memory; `kept` owns the temporaries that it points to.
LinearProduct make_product(
    const LinearCall& call,
    const torch::Tensor& y,
    std::vector<torch::Tensor>& kept) {
  kept.push_back(call.x.contiguous());
  LinearProduct product;
  product.x = kept.back().const_data_ptr();
  product.y = y.mutable_data_ptr();
  product.x_is_bf16 = call.x.scalar_type() == torch::kBFloat16;
  product.rows = call.x.numel() / call.x.size(-1);
  product.in = input_width(call.weight);
  product.out = call.weight.size(0);
  product.weight = call.weight.const_data_ptr();
  product.type = type_of(call.weight);
  if (product.type == WeightType::kInt8) {
    product.scale = call.scale.const_data_ptr<float>();
  } else if (product.type == WeightType::kInt4) {
    product.groups = int4_groups(call.weight, call.scale);
  }
  if (call.bias.defined()) {
    kept.push_back(call.bias.to(torch::kFloat32));
    product.bias = kept.back().const_data_ptr<float>();
  }
  return product;
}

// Tiles are as even as possible. Tiles of many float32 rows stay above
// kTileRows, because fewer rows are summed in another order.
int64_t rows_per_tile(const LinearProduct& product) {
  if (product.type != WeightType::kFloat32 || product.rows <= kTileRows) {
    return kTileRows;
  }
  const int64_t tiles = (product.rows + kManyRows - 1) / kManyRows;
  return (product.rows + tiles - 1) / tiles;
}

/// Splits products into tiles of rows that stay in the cache.
std::vector<LinearProduct> split_rows(
    const std::vector<LinearProduct>& products) {
  std::vector<LinearProduct> tiles;
  for (const auto& product : products) {
    const int64_t element_size = product.x_is_bf16 ? 2 : 4;
    const int64_t rows = rows_per_tile(product);
    for (int64_t m = 0; m < product.rows; m += rows) {
      auto tile = product;
      tile.rows = std::min(rows, product.rows - m);
      tile.x =
          static_cast<const char*>(product.x) + m * product.in * element_size;
      tile.y = static_cast<char*>(product.y) + m * product.out * element_size;
      tiles.push_back(tile);
    }
  }
  return tiles;
}

int64_t channels_per_chunk(const LinearProduct& product) {
  if (product.type == WeightType::kFloat32 && product.rows > kTileRows) {
    return kChannelsPerManyRows;
  }
  if (product.type == WeightType::kFloat32) {
    const int64_t weights = std::min(
        kWeightsPerChunk,
        kProductsPerChunk / std::max<int64_t>(1, product.rows));
    // Whole blocks of four.
    return std::max<int64_t>(1, weights / product.in / 4) * 4;
  }
  const int64_t of_one_row = product.type == WeightType::kInt4
      ? 2 * kWeightsPerChunk
      : kWeightsPerChunk;
  const int64_t weights =
      of_one_row * std::max<int64_t>(1, product.rows / kFewRows);
  return std::max<int64_t>(1, weights / product.in);
}

// Threads take chunks of channels from one counter, so they finish together.
void run_products(const std::vector<LinearProduct>& products) {
  struct Chunk {
    const LinearProduct* product;
    int64_t begin;
    int64_t end;
  };
  const auto tiles = split_rows(products);
  std::vector<Chunk> chunks;
  for (const auto& tile : tiles) {
    const int64_t size = channels_per_chunk(tile);
    for (int64_t begin = 0; begin < tile.out; begin += size) {
      chunks.push_back({&tile, begin, std::min(begin + size, tile.out)});
    }
  }
  std::atomic<size_t> next = 0;
  const int64_t threads = std::min<int64_t>(
      at::get_num_threads(), static_cast<int64_t>(chunks.size()));
  parallel_for(0, threads, /*grain=*/1, [&](int64_t, int64_t) {
    for (size_t i = next++; i < chunks.size(); i = next++) {
      linear_cpu(*chunks[i].product, chunks[i].begin, chunks[i].end);
    }
  });
}

/// Whether the float32 kernel can take this product after its weight is
/// converted. For products that have no kernel of their own.
bool widens_weight(const LinearCall& call) {
  const auto& x = call.x;
  const auto type = call.weight.scalar_type();
  return x.scalar_type() == torch::kFloat32 && x.is_cpu() &&
      (type == torch::kBFloat16 || type == torch::kHalf ||
       type == torch::kInt8) &&
      !needs_grad({x, call.weight}) && x.numel() > 0 &&
      x.numel() / x.size(-1) <= max_linear_cpu_f32_rows();
}

/// `linear_reference` with the float32 kernel in place of MKL's product, whose
/// sums depend on the number of threads.
torch::Tensor linear_of_widened_weight(const LinearCall& call) {
  const auto weight = call.weight.to(torch::kFloat32).contiguous();
  if (!call.scale.defined()) {
    return kernels::linear(call.x, weight, call.bias);
  }
  const auto y =
      kernels::linear(call.x, weight) * call.scale.to(torch::kFloat32);
  return call.bias.defined() ? y + call.bias.to(torch::kFloat32) : y;
}

} // namespace

torch::Tensor linear_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    const torch::Tensor& scale) {
  const auto typed_bias = bias.defined() ? bias.to(x.scalar_type()) : bias;
  if (is_int4(weight)) {
    return torch::linear(
        x, dequantize_int4(weight, scale, x.scalar_type()), typed_bias);
  }
  const auto typed = weight.to(x.scalar_type());
  if (!scale.defined()) {
    return torch::linear(x, typed, typed_bias);
  }
  const auto y = torch::linear(x, typed) * scale.to(x.scalar_type());
  return bias.defined() ? y + typed_bias : y;
}

std::vector<torch::Tensor> grouped_linear(
    const std::vector<LinearCall>& calls) {
  std::vector<torch::Tensor> outputs;
  std::vector<torch::Tensor> kept;
  std::vector<LinearProduct> products;
  outputs.reserve(calls.size());
  for (const auto& call : calls) {
    check_linear(call);
    if (has_cpu_kernel(call)) {
      outputs.push_back(make_output(call));
      products.push_back(make_product(call, outputs.back(), kept));
      continue;
    }
    outputs.push_back(
        widens_weight(call)
            ? linear_of_widened_weight(call)
            : linear_reference(call.x, call.weight, call.bias, call.scale));
    if (call.out.defined()) {
      outputs.back() = call.out.copy_(outputs.back());
    }
  }
  if (!products.empty()) {
    run_products(products);
  }
  return outputs;
}

torch::Tensor linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    const torch::Tensor& scale) {
  return grouped_linear({{x, weight, bias, scale}}).front();
}

} // namespace microfiche::kernels
