#include "kernels/attention.h"

#include "kernels/gradient.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>

namespace microfiche::kernels {
namespace {

// Up to this many keys the reference trains faster than the fused kernel.
constexpr int64_t kMaxReferenceKeys = 256;
constexpr double kMasked = -std::numeric_limits<double>::infinity();

bool is_slow_when_fused(const torch::Tensor& q, const torch::Tensor& k) {
  return q.is_cpu() && q.scalar_type() == torch::kBFloat16 &&
      k.size(2) <= kMaxReferenceKeys && needs_grad({q});
}

} // namespace

torch::Tensor attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias,
    bool causal,
    std::optional<double> scale) {
  const auto scaled =
      q * scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))));
  auto logits = torch::matmul(scaled, k.transpose(2, 3));
  if (causal) {
    logits = logits +
        torch::full({q.size(2), k.size(2)}, kMasked, q.options()).triu(1);
  } else if (bias && bias->scalar_type() == torch::kBool) {
    logits = logits.masked_fill(bias->logical_not(), kMasked);
  } else if (bias) {
    logits = logits + *bias;
  }
  return torch::matmul(torch::softmax(logits, /*dim=*/-1), v);
}

torch::Tensor attention(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias,
    bool causal,
    std::optional<double> scale) {
  if (is_slow_when_fused(q, k)) {
    return attention_reference(q, k, v, bias, causal, scale);
  }
  // The fused kernels need as many channels in v as in q.
  const int64_t channels = v.size(3);
  const auto padded = channels == q.size(3)
      ? v
      : torch::constant_pad_nd(v, {0, q.size(3) - channels});
  return torch::scaled_dot_product_attention(
             q, k, padded, bias, /*dropout_p=*/0, causal, scale)
      .narrow(3, 0, channels);
}

} // namespace microfiche::kernels
