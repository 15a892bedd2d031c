#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/options/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

namespace microfiche::kernels {

// Note [Weight-only int8]
// An int8 weight is one signed byte a number and one float32 scale an output
// channel, w = weight * scale, symmetric: scale = max |w| of the channel / 127.
// Activations keep their dtype. Scales multiply the finished products, so a
// weight is never rounded twice.

// Note [Low-rank additions]
// LoRA leaves a weight W (out, in) as it is and trains two thin matrices beside
// it, A (r, in) and B (out, r): y = x W^T + scale * dropout(x) A^T B^T. B
// starts at zero, so that nothing changes at first. Once trained, scale * B A
// can be added to W, and nothing is left to compute.
//
// Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models",
// arXiv:2106.09685, section 4.1.

/// What stands beside a weight; see Note [Low-rank additions].
struct LowRank {
  /// (r, in).
  torch::Tensor a;
  /// (out, r).
  torch::Tensor b;
  double scale = 1;

  /// Probability with which a number of x is left out, [0, 1); only while
  /// `training`.
  double dropout = 0;
  bool training = false;

  /// What is added to the product of x.
  torch::Tensor product(const torch::Tensor& x) const;
};

/// y = x w^T + bias for weights of any supported type.
///
/// Shapes: x (..., in), weight (out, in), bias (out) or undefined, scale (out),
/// defined exactly when the weight is int8; returns (..., out) in the dtype of
/// x.
///
/// Weights are float32, bfloat16, float16 or int8 (Note [Weight-only int8]). On
/// a CPU, without gradients, few rows of x run a kernel which reads each weight
/// once and converts it in registers: such products, which decoding consists
/// of, take as long as memory needs to deliver the weights. Where the processor
/// multiplies bfloat16 numbers itself, but no tiles of them, any number of rows
/// of bfloat16 does. Everything else is `linear_reference`.
///
/// What comes out without gradients does not depend on the number of threads:
/// of MKL's float32 products those of 5 to 11 rows do, and are ours. In the
/// kernel for float32 a row's answer does not depend on the other rows either.
///
/// Throws `c10::Error` when the shapes do not fit.
torch::Tensor linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias = {},
    const torch::Tensor& scale = {});

/// The arguments of one `linear`.
struct LinearCall {
  torch::Tensor x;
  torch::Tensor weight;
  torch::Tensor bias = {};
  torch::Tensor scale = {};

  /// Where the answer goes, contiguous and with as many numbers; a new tensor
  /// if undefined.
  torch::Tensor out = {};

  std::shared_ptr<const LowRank> low_rank = nullptr;
};

/// Several products that do not need each other, at once: threads start and
/// wait for each other once for all of them.
std::vector<torch::Tensor> linears(const std::vector<LinearCall>& calls);

/// What `linear` means, in ATen operations: any device, differentiable where
/// the weight is not int8.
torch::Tensor linear_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias = {},
    const torch::Tensor& scale = {});

/// A linear layer whose weight may be int8.
///
/// Starts like `torch::nn::Linear`, from which it only differs in `quantize`.
class LinearImpl : public torch::nn::Cloneable<LinearImpl> {
 public:
  explicit LinearImpl(torch::nn::LinearOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (..., in), returns (..., out).
  torch::Tensor forward(const torch::Tensor& x);

  /// For `linears`.
  LinearCall call(const torch::Tensor& x) const;

  void train(bool on = true) override;

  /// Trains two thin matrices beside the weight, the parameters "lora_A" and
  /// "lora_B"; see Note [Low-rank additions]. Throws `c10::Error` when there
  /// are some already.
  void add_low_rank(int64_t rank, double scale, double dropout);

  /// Adds what they do to the weight, and drops them.
  void merge_low_rank();

  /// Null without a low-rank addition. Its matrices are those parameters.
  const std::shared_ptr<LowRank>& low_rank() const {
    return low_rank_;
  }

  /// Rounds the weight to int8; see Note [Weight-only int8]. It can then no
  /// longer be trained, nor may `to` give the module another dtype.
  void quantize();

  /// Takes a weight that is int8 already, (out, in), with its scale (out).
  void set_quantized(torch::Tensor weight_, torch::Tensor scale_);

  /// The options with which this module was constructed.
  torch::nn::LinearOptions options;

  /// (out, in).
  torch::Tensor weight;
  /// (out), undefined without a bias.
  torch::Tensor bias;
  /// (out) float32, undefined unless the weight is int8.
  torch::Tensor weight_scale;

 private:
  std::shared_ptr<LowRank> low_rank_;
};

TORCH_MODULE(Linear);

} // namespace microfiche::kernels
