#include "text_compression/latent_queries.h"

#include "kernels/attention.h"

#include <torch/torch.h>

#include <cmath>

// B = texts, T = ids of the longest, n = latents.

namespace microfiche::text_compression {
namespace {

torch::nn::LayerNorm make_norm(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

layers::Linear make_linear(int64_t in, int64_t out) {
  return layers::Linear(torch::nn::LinearOptions(in, out));
}

} // namespace

LatentLayerImpl::LatentLayerImpl(LatentQueriesOptions options_)
    : options(std::move(options_)) {
  reset();
}

void LatentLayerImpl::reset() {
  const int64_t width = options.width();
  norm = register_module("norm", make_norm(width));
  query = register_module("query", make_linear(width, width));
  key_value = register_module("key_value", make_linear(width, 2 * width));
  projection = register_module("projection", make_linear(width, width));
  mlp_norm = register_module("mlp_norm", make_norm(width));
  expand = register_module("expand", make_linear(width, 4 * width));
  contract = register_module("contract", make_linear(4 * width, width));
}

torch::Tensor LatentLayerImpl::forward(
    const torch::Tensor& latents,
    const torch::Tensor& text,
    const torch::Tensor& mask) {
  const int64_t batch = latents.size(0), heads = options.heads();
  const auto normed = norm->forward(latents);
  const auto q = query->forward(normed)
                     .view({batch, latents.size(1), heads, -1})
                     .transpose(1, 2); // (B, heads, n, width / heads)
  const auto kv = key_value->forward(torch::cat({text, normed}, /*dim=*/1))
                      .view({batch, mask.size(3), 2, heads, -1})
                      .permute({2, 0, 3, 1, 4})
                      .unbind(0); // 2 x (B, heads, T + n, width / heads)
  const auto attended = kernels::attention(q, kv[0], kv[1], mask)
                            .transpose(1, 2)
                            .reshape(latents.sizes());
  const auto x = latents + projection->forward(attended);
  return x +
      contract->forward(torch::gelu(expand->forward(mlp_norm->forward(x))));
}

void LatentLayerImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::text_compression::LatentLayer(" << options.width()
         << ", heads=" << options.heads() << ")";
}

LatentQueriesImpl::LatentQueriesImpl(LatentQueriesOptions options_)
    : options(std::move(options_)) {
  reset();
}

void LatentQueriesImpl::reset() {
  const int64_t width = options.width();
  TORCH_CHECK_VALUE(
      width % 2 == 0 && width % options.heads() == 0,
      "LatentQueries: the width must be even and a multiple of the heads (",
      options.heads(),
      "), got ",
      width);
  query_embedding = register_parameter(
      "query_embedding", torch::randn({options.max_vectors(), width}) * 0.02);
  text_norm = register_module("text_norm", make_norm(width));
  layers = register_module("layers", torch::nn::ModuleList());
  for (int64_t layer = 0; layer < options.layers(); ++layer) {
    layers->push_back(LatentLayer(options));
  }
  norm = register_module("norm", make_norm(width));
}

torch::Tensor LatentQueriesImpl::forward(
    const torch::Tensor& embeds,
    const torch::Tensor& positions,
    const torch::Tensor& mask,
    int64_t vectors) {
  TORCH_CHECK_VALUE(
      vectors <= options.max_vectors(),
      "LatentQueries: expected at most ",
      options.max_vectors(),
      " vectors, got ",
      vectors,
      "; raise max_vectors");
  const int64_t width = options.width();
  const auto dtype = embeds.scalar_type();
  const auto text = text_norm->forward(embeds) +
      sinusoidal_embedding(positions, width).to(dtype);
  const auto centers = torch::arange(vectors, positions.options()) + 0.5; // (n)
  auto latents = (query_embedding.narrow(0, 0, vectors) +
                  sinusoidal_embedding(centers, width).to(dtype))
                     .expand({embeds.size(0), -1, -1});
  const auto full_mask =
      torch::cat({mask, mask.new_ones({mask.size(0), vectors})}, /*dim=*/1)
          .view({mask.size(0), 1, 1, -1});
  for (const auto& layer : *layers) {
    latents = layer->as<LatentLayer>()->forward(latents, text, full_mask);
  }
  return norm->forward(latents);
}

void LatentQueriesImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::text_compression::LatentQueries(" << options.width()
         << ", layers=" << options.layers()
         << ", max_vectors=" << options.max_vectors() << ")";
}

torch::Tensor sinusoidal_embedding(
    const torch::Tensor& positions,
    int64_t width) {
  constexpr double kShortest = 1.0 / 16;
  constexpr double kLongest = 64;
  const auto steps = torch::linspace(0, 1, width / 2, positions.options());
  const auto wavelengths =
      kShortest * torch::exp(steps * std::log(kLongest / kShortest));
  const auto angles = 2 * M_PI * positions.unsqueeze(-1) / wavelengths;
  return torch::cat({angles.sin(), angles.cos()}, /*dim=*/-1);
}

} // namespace microfiche::text_compression
