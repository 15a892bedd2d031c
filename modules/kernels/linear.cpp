#include "kernels/linear.h"

#include "kernels/gradient.h"
#include "kernels/initialization.h"
#include "kernels/linear_cpu.h"
#include "kernels/parallel.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>
#include <vector>

// M = rows of x.

namespace microfiche::kernels {
namespace {

// That are rounded to int8 at a time.
constexpr int64_t kChannelsAtATime = 64;

// Weights that a thread takes at a time for few rows.
constexpr int64_t kWeightsPerChunk = 1 << 16;

// Channels that it takes at a time for many rows of float32, and so many at
// most: the weights and the sums of both stay in the second-level cache.
constexpr int64_t kChannelsPerManyRows = 128;
constexpr int64_t kManyRows = 384;

// Products of float32 numbers that it takes at a time, some 10 us of work.
constexpr int64_t kProductsPerChunk = 1 << 19;

void check_linear(const LinearCall& call) {
  const auto& [x, weight, bias, scale, out, low_rank] = call;
  TORCH_CHECK(
      weight.dim() == 2 && x.dim() >= 1 && x.size(-1) == weight.size(1),
      "linear: expected x of shape (..., ",
      weight.dim() == 2 ? weight.size(1) : 0,
      "), got ",
      x.sizes());
  TORCH_CHECK(
      scale.defined() == (weight.scalar_type() == torch::kInt8),
      "linear: an int8 weight has scales and no other, got a weight of ",
      weight.scalar_type(),
      scale.defined() ? " with" : " without",
      " scales");
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

int64_t most_rows(torch::Dtype dtype, const torch::Tensor& weight) {
  return weight.scalar_type() == torch::kFloat32
      ? most_linear_cpu_f32_rows()
      : most_linear_cpu_rows(dtype == torch::kBFloat16);
}

bool has_cpu_kernel(const LinearCall& call) {
  const auto& [x, weight, bias, scale, out, low_rank] = call;
  const auto dtype = x.scalar_type();
  if (!x.is_cpu() || !weight.is_cpu() || needs_grad({x, weight}) ||
      x.numel() == 0 || !weight.is_contiguous() ||
      (bias.defined() && !bias.is_contiguous()) ||
      (dtype != torch::kFloat32 && dtype != torch::kBFloat16)) {
    return false;
  }
  const auto weight_dtype = weight.scalar_type();
  const bool fits = weight_dtype == torch::kInt8 ||
      weight_dtype == torch::kBFloat16 ||
      (weight_dtype == torch::kFloat32 && dtype == torch::kFloat32);
  return fits && x.numel() / x.size(-1) <= most_rows(dtype, weight);
}

torch::Tensor make_answer(const LinearCall& call) {
  if (call.out.defined()) {
    return call.out;
  }
  auto shape = call.x.sizes().vec();
  shape.back() = call.weight.size(0);
  return torch::empty(shape, call.x.options());
}

// The product in raw memory, and in `kept` what it points into.
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
  product.in = call.weight.size(1);
  product.out = call.weight.size(0);
  product.weight = call.weight.const_data_ptr();
  if (call.weight.scalar_type() == torch::kFloat32) {
    product.type = WeightType::kFloat32;
  }
  if (call.scale.defined()) {
    product.type = WeightType::kInt8;
    product.scale = call.scale.const_data_ptr<float>();
  }
  if (call.bias.defined()) {
    kept.push_back(call.bias.to(torch::kFloat32));
    product.bias = kept.back().const_data_ptr<float>();
  }
  return product;
}

// Rows that meet a product's weights at a time, as even as possible. Those of
// float32 remain many, which are summed up in another order than few.
int64_t rows_per_tile(const LinearProduct& product) {
  if (product.type != WeightType::kFloat32 || product.rows <= kTileRows) {
    return kTileRows;
  }
  const int64_t tiles = (product.rows + kManyRows - 1) / kManyRows;
  return (product.rows + tiles - 1) / tiles;
}

/// The products of rows that meet their weights together, which make up a
/// larger one.
std::vector<LinearProduct> split_rows(
    const std::vector<LinearProduct>& products) {
  std::vector<LinearProduct> tiles;
  for (const auto& product : products) {
    const int64_t number_bytes = product.x_is_bf16 ? 2 : 4;
    const int64_t rows = rows_per_tile(product);
    for (int64_t m = 0; m < product.rows; m += rows) {
      auto tile = product;
      tile.rows = std::min(rows, product.rows - m);
      tile.x =
          static_cast<const char*>(product.x) + m * product.in * number_bytes;
      tile.y = static_cast<char*>(product.y) + m * product.out * number_bytes;
      tiles.push_back(tile);
    }
  }
  return tiles;
}

// Channels that a thread takes at a time.
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
  const int64_t weights =
      kWeightsPerChunk * std::max<int64_t>(1, product.rows / kFewRows);
  return std::max<int64_t>(1, weights / product.in);
}

// Threads take chunks of channels one after the other, so that none waits long
// for another.
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

} // namespace

torch::Tensor LowRank::product(const torch::Tensor& x) const {
  const auto kept =
      dropout > 0 && training ? torch::dropout(x, dropout, /*train=*/true) : x;
  const auto narrow = torch::linear(kept, a.to(x.scalar_type()));
  return torch::linear(narrow, b.to(x.scalar_type())) * scale;
}

torch::Tensor linear_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    const torch::Tensor& scale) {
  const auto typed = weight.to(x.scalar_type());
  const auto typed_bias = bias.defined() ? bias.to(x.scalar_type()) : bias;
  if (!scale.defined()) {
    return torch::linear(x, typed, typed_bias);
  }
  const auto y = torch::linear(x, typed) * scale.to(x.scalar_type());
  return bias.defined() ? y + typed_bias : y;
}

std::vector<torch::Tensor> linears(const std::vector<LinearCall>& calls) {
  std::vector<torch::Tensor> answers;
  std::vector<torch::Tensor> kept;
  std::vector<LinearProduct> products;
  answers.reserve(calls.size());
  for (const auto& call : calls) {
    check_linear(call);
    if (has_cpu_kernel(call)) {
      answers.push_back(make_answer(call));
      products.push_back(make_product(call, answers.back(), kept));
      continue;
    }
    answers.push_back(
        linear_reference(call.x, call.weight, call.bias, call.scale));
    if (call.out.defined()) {
      answers.back() = call.out.copy_(answers.back());
    }
  }
  if (!products.empty()) {
    run_products(products);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].low_rank != nullptr) {
      const auto sum = answers[i] + calls[i].low_rank->product(calls[i].x);
      answers[i] = calls[i].out.defined() ? calls[i].out.copy_(sum) : sum;
    }
  }
  return answers;
}

torch::Tensor linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    const torch::Tensor& scale) {
  return linears({{x, weight, bias, scale}}).front();
}

LinearImpl::LinearImpl(torch::nn::LinearOptions options_)
    : options(std::move(options_)) {
  reset();
}

void LinearImpl::reset() {
  weight = register_parameter(
      "weight", torch::empty({options.out_features(), options.in_features()}));
  if (options.bias()) {
    bias = register_parameter("bias", torch::empty({options.out_features()}));
  }
  if (!SkipInitialization::is_on()) {
    // As torch::nn::Linear does.
    torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
    if (options.bias()) {
      const double bound =
          1 / std::sqrt(static_cast<double>(options.in_features()));
      torch::nn::init::uniform_(bias, -bound, bound);
    }
  }
}

LinearCall LinearImpl::call(const torch::Tensor& x) const {
  return {x, weight, bias, weight_scale, /*out=*/{}, low_rank_};
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) {
  return linears({call(x)}).front();
}

void LinearImpl::train(bool on) {
  Module::train(on);
  if (low_rank_ != nullptr) {
    low_rank_->training = on;
  }
}

void LinearImpl::add_low_rank(int64_t rank, double scale, double dropout) {
  TORCH_CHECK(
      low_rank_ == nullptr, "Linear: there is a low-rank addition already");
  TORCH_CHECK_VALUE(
      rank >= 1 && dropout >= 0 && dropout < 1,
      "Linear: expected a rank of at least 1 and a dropout in [0, 1), got ",
      rank,
      " and ",
      dropout);
  // An int8 weight is no type to train in.
  const auto like =
      torch::TensorOptions()
          .device(weight.device())
          .dtype(
              weight_scale.defined() ? torch::kFloat32 : weight.scalar_type());
  auto a = torch::empty({rank, options.in_features()});
  torch::nn::init::kaiming_uniform_(a, std::sqrt(5.0));
  low_rank_ = std::make_shared<LowRank>();
  low_rank_->a = register_parameter("lora_A", a.to(like));
  low_rank_->b = register_parameter(
      "lora_B", torch::zeros({options.out_features(), rank}, like));
  low_rank_->scale = scale;
  low_rank_->dropout = dropout;
  low_rank_->training = is_training();
}

void LinearImpl::merge_low_rank() {
  if (low_rank_ == nullptr) {
    return;
  }
  TORCH_CHECK(
      !weight_scale.defined(),
      "Linear: a low-rank addition does not go into an int8 weight; merge it "
      "into the weight that was rounded");
  const torch::NoGradGuard no_grad;
  const auto added = low_rank_->b.to(torch::kFloat32)
                         .matmul(low_rank_->a.to(torch::kFloat32))
                         .mul_(low_rank_->scale);
  // In place, since the weight may be a part of a larger tensor.
  weight.copy_(added.add_(weight.to(torch::kFloat32)));
  parameters_.erase("lora_A");
  parameters_.erase("lora_B");
  low_rank_.reset();
}

void LinearImpl::quantize() {
  const torch::NoGradGuard no_grad;
  const int64_t channels = weight.size(0);
  auto rounded = torch::empty_like(weight, torch::kInt8);
  auto scale =
      torch::empty({channels}, weight.options().dtype(torch::kFloat32));
  // A few channels at a time: large intermediate tensors, layer after layer,
  // leave holes in memory that cost more than the weights.
  for (int64_t begin = 0; begin < channels; begin += kChannelsAtATime) {
    const int64_t count = std::min(kChannelsAtATime, channels - begin);
    const auto exact =
        weight.detach().narrow(0, begin, count).to(torch::kFloat32);
    const auto own = exact.abs().amax(/*dim=*/1).div_(127);
    // A channel of zeros has any scale.
    own.masked_fill_(own == 0, 1.0);
    rounded.narrow(0, begin, count).copy_((exact / own.unsqueeze(1)).round_());
    scale.narrow(0, begin, count).copy_(own);
  }
  set_quantized(rounded, scale);
}

void LinearImpl::set_quantized(torch::Tensor weight_, torch::Tensor scale_) {
  TORCH_CHECK(
      weight_.scalar_type() == torch::kInt8 &&
          scale_.scalar_type() == torch::kFloat32 &&
          weight_.sizes() == weight.sizes() && scale_.dim() == 1 &&
          scale_.size(0) == weight.size(0),
      "Linear: expected an int8 weight of shape ",
      weight.sizes(),
      " with as many float32 scales as rows, got ",
      weight_.sizes(),
      " and ",
      scale_.sizes());
  weight.requires_grad_(false);
  weight.set_data(weight_);
  if (weight_scale.defined()) {
    weight_scale.set_data(scale_);
  } else {
    weight_scale = register_buffer("weight_scale", std::move(scale_));
  }
}

void LinearImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::kernels::Linear(" << options.in_features() << ", "
         << options.out_features()
         << ", bias=" << (options.bias() ? "true" : "false") << ")";
}

} // namespace microfiche::kernels
