#pragma once

#include "layers/lora.h"

#include <torch/nn/cloneable.h>
#include <torch/nn/options/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

namespace microfiche::layers {

/// A linear layer whose weight may be int8 or int4 and which may have LoRA
/// matrices.
///
/// Starts like `torch::nn::Linear`; see `kernels::linear` for what it computes.
class LinearImpl : public torch::nn::Cloneable<LinearImpl> {
 public:
  explicit LinearImpl(torch::nn::LinearOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (..., in), returns (..., out).
  torch::Tensor forward(const torch::Tensor& x);

  void train(bool on = true) override;

  /// Adds the trainable parameters "lora_A" and "lora_B"; see Note [LoRA].
  ///
  /// Throws `c10::Error` when the layer already has them, or when rank or
  /// dropout are out of range.
  void add_lora(int64_t rank, double scale, double dropout);

  /// Adds the LoRA matrices to the weight and removes them. Throws `c10::Error`
  /// when the weight is quantized.
  void merge_lora();

  /// Null without LoRA. Its matrices are the parameters of `add_lora`.
  const std::shared_ptr<Lora>& lora() const {
    return lora_;
  }

  /// Rounds the weight to int8; see Note [Weight-only int8]. Afterwards it
  /// cannot be trained, and `to` must not give the module another dtype.
  void quantize();

  /// The same for int4; see `kernels::quantize_int4`.
  void quantize_int4(int64_t group, bool zero_points);

  /// Takes an int8 weight (out, in) and its scales (out), or the tensors of a
  /// `kernels::Int4Weight`.
  void set_quantized(torch::Tensor weight_, torch::Tensor scale_);

  /// Whether the weight is int8 or int4.
  bool is_quantized() const {
    return weight_scale.defined();
  }

  /// The options with which this module was constructed.
  torch::nn::LinearOptions options;

  /// (out, in); int4 has eight numbers per int32, (out, in / 8).
  torch::Tensor weight;
  /// (out), undefined without a bias.
  torch::Tensor bias;
  /// (out) float32 for int8, as in `kernels::Int4Weight` for int4, else
  /// undefined.
  torch::Tensor weight_scale;

 private:
  std::shared_ptr<Lora> lora_;
};

TORCH_MODULE(Linear);

/// The outputs of several layers for the same x, in order. On a CPU it is
/// faster than one `forward` per layer; see `kernels::grouped_linear`.
std::vector<torch::Tensor> forward_all(
    const std::vector<Linear>& layers,
    const torch::Tensor& x);

} // namespace microfiche::layers
