#include "kernels/linear.h"

#include "kernels/gradient.h"
#include "kernels/initialization.h"
#include "kernels/linear_few_rows.h"
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

// Above as many rows a matrix product that keeps tiles of the weight in the
// cache is quicker, although int8 has to be converted for it.
constexpr int64_t kFewRows = 8;

// Weights that a thread takes at a time.
constexpr int64_t kWeightsPerChunk = 1 << 16;

void check_linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& scale) {
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
}

bool has_few_rows(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias) {
  return x.is_cpu() && weight.is_cpu() && !needs_grad({x, weight}) &&
      x.numel() > 0 &&
      (weight.scalar_type() == torch::kInt8 ||
       weight.scalar_type() == torch::kBFloat16) &&
      (x.scalar_type() == torch::kFloat32 ||
       x.scalar_type() == torch::kBFloat16) &&
      x.numel() / x.size(-1) <= kFewRows && weight.is_contiguous() &&
      (!bias.defined() || bias.is_contiguous());
}

// The product in raw memory, and in `kept` what it points into.
LinearFewRows make_product(
    const LinearCall& call,
    const torch::Tensor& y,
    std::vector<torch::Tensor>& kept) {
  kept.push_back(call.x.contiguous());
  LinearFewRows product;
  product.x = kept.back().const_data_ptr();
  product.y = y.mutable_data_ptr();
  product.x_is_bf16 = call.x.scalar_type() == torch::kBFloat16;
  product.rows = call.x.numel() / call.x.size(-1);
  product.in = call.weight.size(1);
  product.out = call.weight.size(0);
  product.weight = call.weight.const_data_ptr();
  if (call.scale.defined()) {
    product.scale = call.scale.const_data_ptr<float>();
  }
  if (call.bias.defined()) {
    kept.push_back(call.bias.to(torch::kFloat32));
    product.bias = kept.back().const_data_ptr<float>();
  }
  return product;
}

// Threads take chunks of channels one after the other, so that none waits long
// for another.
void run_products(const std::vector<LinearFewRows>& products) {
  struct Chunk {
    const LinearFewRows& product;
    int64_t begin;
    int64_t end;
  };
  std::vector<Chunk> chunks;
  for (const auto& product : products) {
    const int64_t size = std::max<int64_t>(1, kWeightsPerChunk / product.in);
    for (int64_t begin = 0; begin < product.out; begin += size) {
      chunks.push_back({product, begin, std::min(begin + size, product.out)});
    }
  }
  std::atomic<size_t> next = 0;
  const int64_t threads = std::min<int64_t>(
      at::get_num_threads(), static_cast<int64_t>(chunks.size()));
  parallel_for(0, threads, /*grain_size=*/1, [&](int64_t, int64_t) {
    for (size_t i = next++; i < chunks.size(); i = next++) {
      linear_few_rows(chunks[i].product, chunks[i].begin, chunks[i].end);
    }
  });
}

} // namespace

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
  std::vector<LinearFewRows> products;
  for (const auto& call : calls) {
    check_linear(call.x, call.weight, call.scale);
    if (!has_few_rows(call.x, call.weight, call.bias)) {
      answers.push_back(
          linear_reference(call.x, call.weight, call.bias, call.scale));
      continue;
    }
    auto shape = call.x.sizes().vec();
    shape.back() = call.weight.size(0);
    answers.push_back(torch::empty(shape, call.x.options()));
    products.push_back(make_product(call, answers.back(), kept));
  }
  if (!products.empty()) {
    run_products(products);
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
  return {x, weight, bias, weight_scale};
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) {
  return linear(x, weight, bias, weight_scale);
}

void LinearImpl::quantize() {
  const torch::NoGradGuard no_grad;
  // What stays is allocated before what goes, so that a model's layers, one
  // after the other, leave no holes in memory.
  auto rounded = torch::empty_like(weight, torch::kInt8);
  auto scale =
      torch::empty({weight.size(0)}, weight.options().dtype(torch::kFloat32));
  const auto exact = weight.detach().to(torch::kFloat32);
  torch::amax_out(scale, exact.abs(), /*dim=*/1).div_(127);
  // A channel of zeros has any scale.
  scale.masked_fill_(scale == 0, 1.0);
  rounded.copy_((exact / scale.unsqueeze(1)).round_());
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
