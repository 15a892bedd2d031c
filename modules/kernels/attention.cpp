#include "kernels/attention.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>

namespace microfiche::kernels {
namespace {

constexpr int64_t kShort = 256;
constexpr double kHidden = -std::numeric_limits<double>::infinity();

bool is_slow_when_fused(const torch::Tensor& q, const torch::Tensor& k) {
  return q.is_cpu() && q.scalar_type() == torch::kBFloat16 &&
      k.size(2) <= kShort && torch::GradMode::is_enabled() && q.requires_grad();
}

} // namespace

torch::Tensor attention_reference(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias,
    bool causal) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  auto logits = torch::matmul(q * scale, k.transpose(2, 3));
  if (causal) {
    logits = logits +
        torch::full({q.size(2), k.size(2)}, kHidden, q.options()).triu(1);
  } else if (bias && bias->scalar_type() == torch::kBool) {
    logits = logits.masked_fill(bias->logical_not(), kHidden);
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
    bool causal) {
  return is_slow_when_fused(q, k) ? attention_reference(q, k, v, bias, causal)
                                  : torch::scaled_dot_product_attention(
                                        q, k, v, bias, /*dropout_p=*/0, causal);
}

} // namespace microfiche::kernels
