#include "decoder/decoder.h"

#include "layers/recompute.h"
#include "layers/skip_init.h"

#include <algorithm>
#include <utility>

// B = rows, L = new positions, D = width.

namespace microfiche::decoder {

int64_t DecoderOptions::head_dim() const {
  return width() / heads();
}

DecoderImpl::DecoderImpl(DecoderOptions options_)
    : options(std::move(options_)) {
  reset();
}

void DecoderImpl::reset() {
  TORCH_CHECK_VALUE(
      options.vocab_size() >= 1 && options.layers() >= 1,
      "Decoder: vocab_size and layers must be at least 1, got ",
      options.vocab_size(),
      " and ",
      options.layers());
  TORCH_CHECK_VALUE(
      options.heads() >= 1 && options.width() % options.heads() == 0,
      "Decoder: expected a width that is a multiple of heads, got width ",
      options.width(),
      " and ",
      options.heads(),
      " heads");
  TORCH_CHECK_VALUE(
      options.first_dense_layers() >= 0 && options.window() >= 0,
      "Decoder: first_dense_layers and window must be at least 0, got ",
      options.first_dense_layers(),
      " and ",
      options.window());

  auto embedding =
      torch::nn::EmbeddingOptions(options.vocab_size(), options.width());
  if (layers::SkipInitGuard::is_active()) {
    embedding._weight(torch::empty({options.vocab_size(), options.width()}));
  }
  token_embedding =
      register_module("token_embedding", torch::nn::Embedding(embedding));
  layers = register_module("layers", torch::nn::ModuleList());
  for (int64_t layer = 0; layer < options.layers(); ++layer) {
    layers->push_back(DecoderLayer(layer_options(layer)));
  }
  norm = register_module(
      "norm",
      layers::RmsNorm(
          layers::RmsNormOptions(options.width()).eps(options.norm_eps())));
  lm_head = register_module(
      "lm_head",
      layers::Linear(
          torch::nn::LinearOptions(options.width(), options.vocab_size())
              .bias(false)));
  if (!layers::SkipInitGuard::is_active()) {
    initialize();
  }
}

DecoderLayerOptions DecoderImpl::layer_options(int64_t layer) const {
  auto attention = AttentionOptions(options.width(), options.heads())
                       .kv_heads(options.kv_heads())
                       .qk_norm(options.qk_norm())
                       .norm_eps(options.norm_eps());
  DecoderLayerOptions layer_options(attention);
  if (layer < options.first_dense_layers()) {
    return layer_options.dense(
        layers::GatedMlpOptions(options.width(), options.intermediate_width()));
  }
  const auto router =
      RouterOptions(options.width(), options.num_experts())
          .top_k(options.top_k())
          .norm_topk_prob(options.norm_topk_prob())
          .routed_scaling_factor(options.routed_scaling_factor());
  return layer_options.moe(
      MixtureOfExpertsOptions(router, options.moe_intermediate_width())
          .num_shared_experts(options.num_shared_experts()));
}

void DecoderImpl::initialize() {
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* linear = module->as<layers::Linear>()) {
      torch::nn::init::normal_(linear->weight, /*mean=*/0, options.init_std());
    } else if (auto* embedding = module->as<torch::nn::Embedding>()) {
      torch::nn::init::normal_(
          embedding->weight, /*mean=*/0, options.init_std());
    }
  }
}

torch::Tensor DecoderImpl::embed(const torch::Tensor& ids) {
  return token_embedding->forward(ids).to(activation_dtype());
}

torch::Tensor DecoderImpl::forward(
    const torch::Tensor& embeds,
    KvCache* cache,
    const std::vector<int64_t>& lengths,
    std::vector<LayerProbe>* probes,
    const std::vector<int64_t>& prompt_lengths) {
  TORCH_CHECK(
      embeds.dim() == 3 && embeds.size(1) >= 1 &&
          embeds.size(2) == options.width(),
      "Decoder: expected embeds of shape (B, L, ",
      options.width(),
      "), got ",
      embeds.sizes());
  TORCH_CHECK(
      cache == nullptr || cache->batch() == embeds.size(0),
      "Decoder: expected embeds of ",
      cache == nullptr ? 0 : cache->batch(),
      " rows, one per row of the cache, got ",
      embeds.size(0));
  TORCH_CHECK(
      lengths.empty() ||
          (cache != nullptr &&
           static_cast<int64_t>(lengths.size()) == embeds.size(0) &&
           std::all_of(
               lengths.begin(),
               lengths.end(),
               [&](int64_t length) {
                 return length >= 0 && length <= embeds.size(1);
               })),
      "Decoder: expected a cache and ",
      embeds.size(0),
      " lengths in [0, ",
      embeds.size(1),
      "], one per row, got [",
      lengths,
      cache == nullptr ? "] and no cache" : "]");
  TORCH_CHECK(
      probes == nullptr ||
          static_cast<int64_t>(probes->size()) == options.layers(),
      "Decoder: expected ",
      options.layers(),
      " probes, one per layer, got ",
      probes == nullptr ? 0 : probes->size());

  const bool is_windowed = options.window() > 0 && cache == nullptr;
  TORCH_CHECK(
      !is_windowed ||
          (static_cast<int64_t>(prompt_lengths.size()) == embeds.size(0) &&
           std::all_of(
               prompt_lengths.begin(),
               prompt_lengths.end(),
               [](int64_t length) { return length >= 1; })),
      "Decoder: with a window of ",
      options.window(),
      " expected the lengths of ",
      embeds.size(0),
      " prompts, each at least 1, got [",
      prompt_lengths,
      "]");
  TORCH_CHECK(
      cache == nullptr || cache->window() == options.window(),
      "Decoder: expected a cache with the decoder's window of ",
      options.window(),
      ", got ",
      cache == nullptr ? 0 : cache->window());

  const auto context = is_windowed ? make_window_context(
                                         embeds.size(1),
                                         options.window(),
                                         prompt_lengths,
                                         options.head_dim(),
                                         options.rope_theta(),
                                         embeds.options())
                                   : make_attention_context(
                                         embeds.size(1),
                                         cache,
                                         options.head_dim(),
                                         options.rope_theta(),
                                         embeds.options(),
                                         lengths);
  const auto hidden = run_layers(embeds, context, cache, probes);
  if (cache != nullptr) {
    cache->advance(
        lengths.empty() ? std::vector<int64_t>(embeds.size(0), embeds.size(1))
                        : lengths);
  }
  return hidden;
}

torch::Tensor DecoderImpl::run_layers(
    torch::Tensor x,
    const AttentionContext& context,
    KvCache* cache,
    std::vector<LayerProbe>* probes) {
  const bool recompute = recompute_layers && cache == nullptr &&
      probes == nullptr && torch::GradMode::is_enabled();
  for (int64_t layer = 0; layer < options.layers(); ++layer) {
    x = recompute ? forward_recomputed(layer, x, context)
                  : layers[layer]->as<DecoderLayer>()->forward(
                        x,
                        context,
                        cache,
                        layer,
                        probes == nullptr ? nullptr : &(*probes)[layer]);
  }
  return norm->forward(x);
}

torch::Tensor DecoderImpl::step(
    const torch::Tensor& ids,
    const torch::Tensor& places,
    KvCache& cache) {
  TORCH_CHECK(
      ids.sizes() == at::IntArrayRef({cache.batch(), 1}) &&
          places.sizes() == at::IntArrayRef({3, cache.batch()}),
      "Decoder: expected ids of shape (",
      cache.batch(),
      ", 1) and places of shape (3, ",
      cache.batch(),
      "), got ",
      ids.sizes(),
      " and ",
      places.sizes());
  const auto x = embed(ids);
  const auto context = make_step_context(
      places, cache, options.head_dim(), options.rope_theta(), x.scalar_type());
  return logits(run_layers(x, context, &cache, nullptr).squeeze(1));
}

bool DecoderImpl::is_recordable() const {
  return lm_head->weight.is_cuda() &&
      std::all_of(layers->begin(), layers->end(), [](const auto& module) {
           const auto& moe = module->template as<DecoderLayer>()->moe;
           return moe.is_empty() || moe->is_stacked();
         });
}

void DecoderImpl::stack_experts() {
  for (const auto& module : *layers) {
    auto& moe = module->as<DecoderLayer>()->moe;
    if (!moe.is_empty()) {
      moe->stack_experts();
    }
  }
}

torch::Tensor DecoderImpl::forward_recomputed(
    int64_t layer,
    const torch::Tensor& x,
    const AttentionContext& context) {
  const auto module = layers[layer];
  const auto outputs = layers::recompute(
      [module, context](const torch::Tensor& in) {
        auto* own = module->as<DecoderLayer>();
        std::vector<torch::Tensor> result = {own->forward(in, context)};
        if (!own->moe.is_empty() && own->is_training()) {
          result.push_back(own->moe->balance_loss());
        }
        return result;
      },
      x,
      module->parameters());
  if (outputs.size() > 1) {
    module->as<DecoderLayer>()->moe->set_balance_loss(outputs[1]);
  }
  return outputs[0];
}

torch::Tensor DecoderImpl::logits(const torch::Tensor& hidden) {
  return lm_head->forward(hidden).to(torch::kFloat32);
}

KvCache DecoderImpl::make_cache(int64_t batch, int64_t capacity) {
  return KvCache(
      KvCacheOptions()
          .layers(options.layers())
          .kv_heads(options.kv_heads())
          .head_dim(options.head_dim())
          .batch(batch)
          .capacity(capacity)
          .window(options.window()),
      token_embedding->weight.options().dtype(activation_dtype()));
}

torch::Dtype DecoderImpl::activation_dtype() const {
  return norm->weight.scalar_type();
}

torch::Tensor DecoderImpl::balance_loss() const {
  auto sum = torch::zeros(
      {},
      token_embedding->weight.options()
          .dtype(torch::kFloat32)
          .requires_grad(false));
  for (const auto& module : *layers) {
    const auto& moe = module->as<DecoderLayer>()->moe;
    if (!moe.is_empty()) {
      TORCH_CHECK(
          moe->balance_loss().defined(),
          "Decoder: no balance loss before a forward in training mode; call "
          "train() and forward() first");
      sum = sum + moe->balance_loss();
    }
  }
  return sum;
}

void DecoderImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::decoder::Decoder(vocab_size=" << options.vocab_size()
         << ", width=" << options.width() << ", layers=" << options.layers()
         << ", heads=" << options.heads()
         << ", num_experts=" << options.num_experts()
         << ", top_k=" << options.top_k() << ")";
}

} // namespace microfiche::decoder
