#include "decoder/attention.h"

#include "kernels/attention.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

// B = rows, L = new positions, K = keys, D = channels of a head.

namespace microfiche::decoder {

namespace {

layers::Linear make_linear(int64_t in, int64_t out) {
  return layers::Linear(torch::nn::LinearOptions(in, out).bias(false));
}

// True for the keys up to each query's position, (B or 1, 1, L, K).
torch::Tensor visible_keys(const torch::Tensor& positions, int64_t num_keys) {
  return torch::arange(num_keys, positions.options()) <=
      positions.unsqueeze(1).unsqueeze(-1);
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

AttentionContext make_attention_context(
    int64_t num_new,
    const KvCache* cache,
    int64_t head_dim,
    double rope_theta,
    const torch::TensorOptions& like) {
  const auto index = torch::TensorOptions(torch::kInt64).device(like.device());
  const auto dtype = c10::typeMetaToScalarType(like.dtype());
  AttentionContext context;
  if (cache == nullptr) {
    context.rotation = make_rotation(
        torch::arange(num_new, index).unsqueeze(0),
        head_dim,
        rope_theta,
        dtype);
    return context;
  }

  const auto& lengths = cache->lengths();
  const auto [shortest, longest] =
      std::minmax_element(lengths.begin(), lengths.end());
  context.num_keys = *longest + num_new;
  TORCH_CHECK(
      context.num_keys <= cache->capacity(),
      "Decoder: ",
      num_new,
      " positions after the ",
      *longest,
      " of the longest row exceed the cache's capacity of ",
      cache->capacity(),
      "; make a larger cache");

  const auto steps = torch::arange(num_new, index).unsqueeze(0); // (1, L)
  auto positions = steps + *longest;
  if (*shortest == *longest) {
    context.write_begin = *longest;
    context.causal = *longest == 0;
    if (!context.causal && num_new > 1) {
      context.visible = visible_keys(positions, context.num_keys);
    }
  } else {
    const auto begins = torch::tensor(lengths, torch::kInt64).to(like.device());
    positions = steps + begins.unsqueeze(1); // (B, L)
    context.causal = false;
    context.visible = visible_keys(positions, context.num_keys);
    context.write_positions = positions;
    context.write_rows =
        torch::arange(cache->batch(), index).unsqueeze(1); // (B, 1)
  }
  context.rotation = make_rotation(positions, head_dim, rope_theta, dtype);
  return context;
}

AttentionContext make_step_context(
    const torch::Tensor& positions,
    const KvCache& cache,
    int64_t head_dim,
    double rope_theta,
    torch::Dtype dtype) {
  AttentionContext context;
  context.write_positions = positions.unsqueeze(1); // (B, 1)
  context.write_rows =
      torch::arange(cache.batch(), positions.options()).unsqueeze(1); // (B, 1)
  context.causal = false;
  context.num_keys = cache.capacity();
  context.visible = visible_keys(context.write_positions, context.num_keys);
  context.rotation =
      make_rotation(context.write_positions, head_dim, rope_theta, dtype);
  return context;
}

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
        RmsNormOptions(options.head_dim()).eps(options.norm_eps());
    q_norm = register_module("q_norm", RmsNorm(norm));
    k_norm = register_module("k_norm", RmsNorm(norm));
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
  q = apply_rotary(q.transpose(1, 2), context.rotation); // (B, heads, L, D)
  k = apply_rotary(k.transpose(1, 2), context.rotation);
  v = v.transpose(1, 2);

  if (cache != nullptr) {
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
    if (context.write_rows.defined()) {
      cached.index_put_({context.write_rows, context.write_positions}, rows);
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
