#pragma once

#include "core/json.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::text_compression {

/// How a text becomes the vectors that replace the vision tokens of a page.
enum class Method {
  /// The embeddings of the first or last ids of the text.
  kTruncationFirst,
  kTruncationLast,
  /// Means of the embeddings of even spans.
  kMeanPooling,
  /// See `ConvPyramid`.
  kConvPyramid,
  /// See `LatentQueries`.
  kLatentQueries,
  /// The embeddings of all ids, without compression: an upper bound.
  kWholeText,
  /// No vectors: what the decoder writes without input, a lower bound.
  kNoText,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    Method,
    {{Method::kTruncationFirst, "truncation_first"},
     {Method::kTruncationLast, "truncation_last"},
     {Method::kMeanPooling, "mean_pooling"},
     {Method::kConvPyramid, "conv_pyramid"},
     {Method::kLatentQueries, "latent_queries"},
     {Method::kWholeText, "whole_text"},
     {Method::kNoText, "no_text"}})

/// The text compressor of a training.
struct TextCompressorConfig {
  /// How a text becomes vectors: the embeddings of its first or last ids, means
  /// of even spans, strided convolutions, or learned queries. Two bounds: all
  /// embeddings, and no vector.
  Method method = Method::kMeanPooling;

  /// This many vectors, at most all but one, are the embeddings of the text's
  /// last ids. The others represent the whole text, those ids included. For
  /// "mean_pooling", "conv_pyramid" and "latent_queries".
  int64_t raw_last = 0;

  /// Levels of "conv_pyramid", 1 to 16. Each halves the length, so that
  /// 2^levels positions of the text become one vector.
  int64_t levels = 5;

  /// Kernel size of the first convolution of each level of "conv_pyramid"; odd.
  int64_t kernel = 5;

  /// Layers of "latent_queries", at least 1.
  int64_t layers = 2;

  /// Attention heads per layer of "latent_queries"; must divide the decoder's
  /// width.
  int64_t heads = 8;

  /// Maximum number of vectors that "latent_queries" makes for a text. No mode
  /// may have more vision tokens.
  int64_t max_vectors = 64;

  /// Whether the number of vectors is that of the page's vision tokens.
  bool has_fixed_count() const {
    return method != Method::kWholeText && method != Method::kNoText;
  }

  /// How many of `vectors` vectors are raw.
  int64_t raw_of(int64_t vectors) const {
    return std::min(raw_last, vectors - 1);
  }
};

/// Throws `InputError` for values out of range, and for values that the method
/// does not use.
void validate(const TextCompressorConfig& config, const std::string& where);

/// The position of each of `length` ids, and then of the end id, in `vectors`
/// vectors: the index of the vector plus the fraction of its span before the
/// id. Negative if no vector represents the id. Throws `InputError` for a
/// method without a fixed number of vectors.
std::vector<double> positions_in_vectors(
    const TextCompressorConfig& config,
    int64_t length,
    int64_t vectors);

template <typename Visitor>
void visit_fields(Visitor&& visit, TextCompressorConfig& config) {
  visit("method", config.method);
  visit("raw_last", config.raw_last);
  visit("levels", config.levels);
  visit("kernel", config.kernel);
  visit("layers", config.layers);
  visit("heads", config.heads);
  visit("max_vectors", config.max_vectors);
}

} // namespace microfiche::text_compression
