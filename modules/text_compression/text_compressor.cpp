#include "text_compression/text_compressor.h"

#include "text_compression/pooling_weights.h"

#include <torch/torch.h>

// B = texts, T = ids of the longest.

namespace microfiche::text_compression {

TextCompressorImpl::TextCompressorImpl(TextCompressorOptions options_)
    : options(std::move(options_)) {
  reset();
}

void TextCompressorImpl::reset() {
  const auto& config = options.config();
  if (config.method == Method::kConvPyramid) {
    conv_pyramid = register_module(
        "conv_pyramid",
        ConvPyramid(ConvPyramidOptions(options.width())
                        .levels(config.levels)
                        .kernel(config.kernel)));
  }
  if (config.method == Method::kLatentQueries) {
    latent_queries = register_module(
        "latent_queries",
        LatentQueries(LatentQueriesOptions(options.width())
                          .layers(config.layers)
                          .heads(config.heads)
                          .max_vectors(config.max_vectors)));
  }
}

torch::Tensor TextCompressorImpl::forward(
    const torch::Tensor& embeds,
    const std::vector<int64_t>& lengths,
    int64_t vectors) {
  TORCH_CHECK(
      options.config().has_fixed_count(),
      "TextCompressor: this method has no fixed number of vectors");
  TORCH_CHECK(
      embeds.dim() == 3 && embeds.size(2) == options.width() &&
          embeds.size(0) == static_cast<int64_t>(lengths.size()),
      "TextCompressor: expected embeddings of shape (",
      lengths.size(),
      ", T, ",
      options.width(),
      "), got ",
      embeds.sizes());
  const int64_t raw = options.config().raw_of(vectors);
  const auto compressed = compress(embeds, lengths, vectors - raw);
  if (raw == 0) {
    return compressed;
  }
  const auto last = truncation_weights(
      lengths, raw, embeds.size(1), /*last=*/true, embeds.options());
  return torch::cat({compressed, last.bmm(embeds)}, /*dim=*/1);
}

torch::Tensor TextCompressorImpl::compress(
    const torch::Tensor& embeds,
    const std::vector<int64_t>& lengths,
    int64_t vectors) {
  const auto& config = options.config();
  const int64_t longest = embeds.size(1);
  const auto like = embeds.options();
  switch (config.method) {
    case Method::kTruncationFirst:
    case Method::kTruncationLast:
      return truncation_weights(
                 lengths,
                 vectors,
                 longest,
                 config.method == Method::kTruncationLast,
                 like)
          .bmm(embeds);
    case Method::kConvPyramid: {
      const int64_t positions = vectors << config.levels;
      return conv_pyramid->forward(
          mean_weights(lengths, positions, longest, like).bmm(embeds));
    }
    case Method::kLatentQueries: {
      const auto texts = static_cast<int64_t>(lengths.size());
      const auto counts = torch::tensor(lengths, torch::kFloat32)
                              .unsqueeze(1)
                              .to(embeds.device()); // (B, 1)
      const auto ids =
          torch::arange(longest, counts.options()).expand({texts, -1});
      return latent_queries->forward(
          embeds,
          (ids + 0.5) * static_cast<double>(vectors) / counts.clamp_min(1),
          ids < counts,
          vectors);
    }
    default:
      return mean_weights(lengths, vectors, longest, like).bmm(embeds);
  }
}

void TextCompressorImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::text_compression::TextCompressor("
         << Json(options.config().method).get<std::string>() << ", "
         << options.width() << ")";
}

} // namespace microfiche::text_compression
