#include "decoder/attention.h"

#include "kernels/attention.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <utility>

// B = rows, L = new positions, K = keys, D = channels of a head.

namespace microfiche::decoder {

namespace {

layers::Linear make_linear(int64_t in, int64_t out) {
  return layers::Linear(torch::nn::LinearOptions(in, out).bias(false));
}

// The probabilities that a fused kernel does not return, (B, heads, L, K).
torch::Tensor attention_probabilities(
    const torch::Tensor& q,
    const torch::Tensor& k,
    const torch::Tensor& bias,
    double scale) {
  auto logits = torch::matmul(q, k.transpose(-2, -1)) * scale;
  if (bias.defined()) {
    logits = logits + bias;
  }
  return torch::softmax(logits, /*dim=*/-1, torch::kFloat32).to(q.dtype());
}

} // namespace

AttentionImpl::AttentionImpl(AttentionOptions options_)
    : options(std::move(options_)) {
  reset();
}

void AttentionImpl::reset() {
  TORCH_CHECK_VALUE(
      options.width() >= 1 && options.heads() >= 1 && options.kv_heads() >= 1 &&
          options.heads() % options.kv_heads() == 0,
      "Attention: expected a positive width and heads that are a multiple of "
      "kv_heads, got width ",
      options.width(),
      ", ",
      options.heads(),
      " heads and ",
      options.kv_heads(),
      " kv_heads");
  TORCH_CHECK_VALUE(
      options.head_dim() >= 2 && options.head_dim() % 2 == 0,
      "Attention: expected an even head_dim, because rotary embeddings rotate "
      "pairs of channels, got ",
      options.head_dim());

  const int64_t q_width = options.heads() * options.head_dim();
  const int64_t kv_width = options.kv_heads() * options.head_dim();
  q_proj = register_module("q_proj", make_linear(options.width(), q_width));
  k_proj = register_module("k_proj", make_linear(options.width(), kv_width));
  v_proj = register_module("v_proj", make_linear(options.width(), kv_width));
  o_proj = register_module("o_proj", make_linear(q_width, options.width()));
  if (options.qk_norm()) {
    const auto norm =
        layers::RmsNormOptions(options.head_dim()).eps(options.norm_eps());
    q_norm = register_module("q_norm", layers::RmsNorm(norm));
    k_norm = register_module("k_norm", layers::RmsNorm(norm));
  }
}

torch::Tensor AttentionImpl::forward(
    const torch::Tensor& x,
    const AttentionContext& context,
    KvCache* cache,
    int64_t layer,
    LayerProbe* probe) {
  const int64_t head_dim = options.head_dim();
  const auto projected = layers::forward_all({q_proj, k_proj, v_proj}, x);
  auto q = projected[0].unflatten(-1, {options.heads(), head_dim});
  auto k = projected[1].unflatten(-1, {options.kv_heads(), head_dim});
  auto v = projected[2].unflatten(-1, {options.kv_heads(), head_dim});
  if (options.qk_norm()) {
    q = q_norm->forward(q);
    k = k_norm->forward(k);
  }
  q = layers::apply_rotary(
      q.transpose(1, 2), context.rotation); // (B, heads, L, D)
  k = layers::apply_rotary(k.transpose(1, 2), context.rotation);
  v = v.transpose(1, 2);

  if (cache != nullptr && context.joins_new) {
    const auto join = [&](const torch::Tensor& cached, torch::Tensor& added) {
      const auto slots = cached.narrow(1, 0, context.num_keys).transpose(1, 2);
      return torch::cat({slots, added.to(cached.scalar_type())}, /*dim=*/2);
    };
    const auto all_k = join(cache->keys(layer), k);
    const auto all_v = join(cache->values(layer), v);
    store(k, v, context, *cache, layer);
    k = all_k;
    v = all_v;
  } else if (cache != nullptr) {
    store(k, v, context, *cache, layer);
    // After an empty cache, k and v are already all keys and values.
    if (!context.causal) {
      k = cache->keys(layer).narrow(1, 0, context.num_keys).transpose(1, 2);
      v = cache->values(layer).narrow(1, 0, context.num_keys).transpose(1, 2);
    }
  }
  const auto attended = attend(q, k, v, context, probe); // (B, heads, L, D)
  return o_proj->forward(attended.transpose(1, 2).flatten(2));
}

void AttentionImpl::store(
    const torch::Tensor& k,
    const torch::Tensor& v,
    const AttentionContext& context,
    KvCache& cache,
    int64_t layer) const {
  const auto write = [&](torch::Tensor& cached, const torch::Tensor& added) {
    const auto rows = added.transpose(1, 2).detach().to(
        cached.scalar_type()); // (B, L, kv_heads, D)
    if (context.joins_new) {
      cached.index_put_(
          {context.write_rows, context.write_slots},
          rows.index({context.write_rows, context.write_steps}));
    } else if (context.write_rows.defined()) {
      cached.index_put_({context.write_rows, context.write_slots}, rows);
    } else {
      cached.narrow(1, context.write_begin, rows.size(1)).copy_(rows);
    }
  };
  write(cache.keys(layer), k);
  write(cache.values(layer), v);
}

torch::Tensor AttentionImpl::attend(
    const torch::Tensor& q,
    torch::Tensor k,
    torch::Tensor v,
    const AttentionContext& context,
    LayerProbe* probe) const {
  const int64_t shared_by = options.heads() / options.kv_heads();
  if (shared_by > 1) {
    k = k.repeat_interleave(shared_by, /*dim=*/1);
    v = v.repeat_interleave(shared_by, /*dim=*/1);
  }
  const bool probed = probe != nullptr &&
      (probe->keep_attention || probe->attention_bias.defined());
  if (!probed) {
    const std::optional<torch::Tensor> mask = context.visible.defined()
        ? std::make_optional(context.visible)
        : std::nullopt;
    return kernels::attention(q, k, v, mask, context.causal);
  }

  auto visible = context.visible;
  if (context.causal) {
    visible = visible_keys(
        torch::arange(
            q.size(2), torch::TensorOptions(torch::kInt64).device(q.device()))
            .unsqueeze(0),
        k.size(2));
  }
  torch::Tensor bias = probe->attention_bias;
  if (visible.defined()) {
    const auto hidden =
        torch::zeros(visible.sizes(), q.options())
            .masked_fill(
                visible.logical_not(), -std::numeric_limits<float>::infinity());
    bias = bias.defined() ? bias + hidden : hidden;
  }
  const auto probabilities = attention_probabilities(
      q, k, bias, 1 / std::sqrt(static_cast<double>(options.head_dim())));
  if (probe->keep_attention) {
    probe->attention = probabilities;
  }
  return torch::matmul(probabilities, v);
}

void AttentionImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::decoder::Attention(" << options.width()
         << ", heads=" << options.heads() << ", kv_heads=" << options.kv_heads()
         << ", qk_norm=" << (options.qk_norm() ? "true" : "false") << ")";
}

} // namespace microfiche::decoder
