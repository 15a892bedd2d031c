#include "kernels/attention.h"

#include "kernels/cpu/one_query_attention.h"
#include "kernels/cpu/parallel.h"
#include "kernels/gradient.h"
#include "kernels/reference_kernels.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

// B = rows, N = queries, K = keys, D = channels of a head.

namespace microfiche::kernels {
namespace {

// Up to this many keys the reference trains faster than the fused kernel.
constexpr int64_t kMaxReferenceKeys = 256;
// Elements of keys below which a second thread does not pay.
constexpr int64_t kElementsPerThread = 1 << 15;
constexpr double kMasked = -std::numeric_limits<double>::infinity();

bool is_slow_when_fused(const torch::Tensor& q, const torch::Tensor& k) {
  return q.is_cpu() && q.scalar_type() == torch::kBFloat16 &&
      k.size(2) <= kMaxReferenceKeys && torch::GradMode::is_enabled() &&
      q.requires_grad();
}

/// Whether the one-query kernel fits. A mask must have the shape (B, 1, 1, K).
bool is_one_query(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias) {
  static const bool enabled = !runs_reference("one_query_attention");
  const auto dtype = q.scalar_type();
  return enabled && q.is_cpu() && !needs_grad({q, k, v}) && q.size(2) == 1 &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16) &&
      k.scalar_type() == dtype && v.scalar_type() == dtype &&
      k.stride(3) == 1 && k.strides() == v.strides() &&
      q.size(0) == k.size(0) && q.size(1) == k.size(1) &&
      (!bias ||
       (bias->scalar_type() == torch::kBool && bias->size(1) == 1 &&
        bias->size(2) == 1 && bias->stride(3) == 1));
}

torch::Tensor run_one_query_kernel(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& v,
    const std::optional<torch::Tensor>& bias) {
  const auto queries = q.contiguous();
  auto y = torch::empty(q.sizes(), q.options());
  OneQueryAttention attention;
  attention.q = queries.const_data_ptr();
  attention.y = y.mutable_data_ptr();
  attention.k = k.const_data_ptr();
  attention.v = v.const_data_ptr();
  attention.row_stride = k.stride(0);
  attention.head_stride = k.stride(1);
  attention.key_stride = k.stride(2);
  if (bias) {
    attention.visible = bias->const_data_ptr<bool>();
    attention.visible_stride = bias->size(0) == 1 ? 0 : bias->stride(0);
  }
  attention.is_bf16 = q.scalar_type() == torch::kBFloat16;
  attention.heads = q.size(1);
  attention.keys = k.size(2);
  attention.head_dim = q.size(3);
  attention.scale = 1 / std::sqrt(static_cast<float>(q.size(3)));
  const int64_t grain =
      kElementsPerThread / (attention.keys * attention.head_dim) + 1;
  parallel_for(
      0, q.size(0) * q.size(1), grain, [&](int64_t begin, int64_t end) {
        one_query_attention(attention, begin, end);
      });
  return y;
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
    bool causal) {
  if (is_one_query(q, k, v, bias)) {
    return run_one_query_kernel(q, k, v, bias);
  }
  return is_slow_when_fused(q, k) ? attention_reference(q, k, v, bias, causal)
                                  : torch::scaled_dot_product_attention(
                                        q, k, v, bias, /*dropout_p=*/0, causal);
}

} // namespace microfiche::kernels
